"""What an officer enters on the review page; shape only, the rules are in the services."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from clearcard.choices import MaterialKind, RejectReason
from clearcard.shapes import ReturnedItem
from taxhall.common.forms import HallForm

# Everything on the application that can be sent back for correction.
RETURNABLE: tuple[tuple[str, object], ...] = (
    ("kind", _("清卡类型")),
    ("invoices", _("开票数据核对")),
    ("invoiced_amount", _("开票金额")),
    ("declared_amount", _("已申报金额")),
    ("clear_on", _("清卡日期")),
    ("explanation", _("情况说明")),
    *((f"material:{kind.value}", kind.label) for kind in MaterialKind),
)


_REASONS = [("", _("请选择")), *RejectReason.choices]


def _area(rows: int, html_id: str = "") -> forms.Textarea:
    """Several text areas stand on one page, so each is given an id of its own."""
    return forms.Textarea(attrs={"rows": rows} | ({"id": html_id} if html_id else {}))


class NoteForm(HallForm):
    """An internal note."""

    text = forms.CharField(label=_("备注内容"), max_length=2000, widget=_area(3))


class ApproveForm(HallForm):
    """The approver's words, if any."""

    note = forms.CharField(
        label=_("审核意见"),
        max_length=500,
        required=False,
        widget=_area(2, "approve-note"),
    )


class ReturnForm(HallForm):
    """A word on the whole; the marked items come beside it."""

    note = forms.CharField(
        label=_("总体说明"),
        max_length=500,
        required=False,
        widget=_area(2, "return-note"),
    )


class RejectForm(HallForm):
    """Why the application is refused."""

    reason_code = forms.ChoiceField(
        label=_("驳回原因"), choices=[("", _("请选择")), *RejectReason.choices], required=False
    )
    text = forms.CharField(label=_("具体理由和纳税人可以怎么做"), max_length=1000, required=False, widget=_area(3))


def marked_items(data: dict[str, str], targets: list[str]) -> list[ReturnedItem]:
    """Return the ticked items with the officer's words; unknown targets are left out."""
    known = {target for target, _label in RETURNABLE}
    return [ReturnedItem(target, data.get(f"words:{target}", "")) for target in targets if target in known]


def return_rows(data: dict[str, str], targets: list[str]) -> list[dict[str, object]]:
    """Return every item that may be marked, with what was already ticked and typed."""
    return [
        {"target": target, "label": label, "checked": target in targets, "words": data.get(f"words:{target}", "")}
        for target, label in RETURNABLE
    ]
