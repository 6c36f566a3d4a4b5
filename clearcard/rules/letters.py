"""The letters of the officers' decisions: one wording for the preview and for the notice that is sent."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from clearcard.choices import RETURNABLE, RejectReason
from clearcard.shapes import Letter, ReturnedItem

_LABELS = dict(RETURNABLE)


def return_letter(*, number: str, items: Sequence[ReturnedItem], note: str = "") -> Letter:
    """Write what must be put right, item by item, then the word on the whole."""
    lines = [f"{position}. {_label(item)}：{_plain(item.words)}" for position, item in enumerate(items, start=1)]
    body = _("请补正以下 %(n)d 项后重新提交：%(items)s。") % {"n": len(items), "items": "；".join(lines)}
    if note.strip():
        body += _("说明：%(note)s。") % {"note": _plain(note)}
    return Letter(_("清卡申请 %(number)s 需要补正") % {"number": number}, body)


def reject_letter(*, number: str, reason_code: str, text: str) -> Letter:
    """Write the reason of a refusal and what the taxpayer can do."""
    reason = str(RejectReason(reason_code).label) if reason_code in RejectReason.values else ""
    body = _("驳回原因：%(reason)s。") % {"reason": reason or "—"}
    if text.strip():
        body += _("%(text)s。") % {"text": _plain(text)}
    body += _("没有改动设备。")
    return Letter(_("清卡申请 %(number)s 被驳回") % {"number": number}, body)


def _label(item: ReturnedItem) -> str:
    return str(_LABELS.get(item.target, _("申请内容")))


def _plain(words: str) -> str:
    """Leave the full stop to the letter."""
    return words.strip().rstrip("。；;")
