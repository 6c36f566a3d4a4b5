"""The whitelist and measures about rules, in the words that the console shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from filing.choices import MeasureKind, MeasureState
from filing.models import RuleMeasure, WhitelistEntry
from filing.rules.comparison import RULES
from taxhall.common import clock

_TITLES = {rule.code: rule.title for rule in RULES}
_TONES = {
    MeasureState.ASKED: "amber",
    MeasureState.AGREED: "ok",
    MeasureState.REFUSED: "grey",
    MeasureState.LIFTED: "grey",
}


@dataclass(frozen=True)
class Step:
    """One thing that was done about a measure."""

    at: datetime
    who: str
    words: str


@dataclass(frozen=True)
class MeasureView:
    """One measure as the list and its own page show it."""

    row: WhitelistEntry | RuleMeasure
    title: str
    rule: str
    span: str
    tone: str
    word: str
    url: str
    history: tuple[Step, ...]


def measure_view(row: WhitelistEntry | RuleMeasure) -> MeasureView:
    """Say what a measure is, where it stands, and who did what."""
    is_whitelist = isinstance(row, WhitelistEntry)
    name = "admin:whitelist-detail" if is_whitelist else "admin:rule-measure-detail"
    tone, word = _standing(row)
    span = _("%(start)s 至 %(end)s") % {"start": row.valid_from, "end": row.valid_to or _("另行解除")}
    title = row.taxpayer.name if isinstance(row, WhitelistEntry) else _rule_title(row)
    rule = f"{row.rule_code} {_TITLES.get(row.rule_code, '')}"
    return MeasureView(row, title, rule, span, tone, word, reverse(name, args=[row.pk]), tuple(_history(row)))


def _rule_title(row: RuleMeasure) -> str:
    if row.kind == MeasureKind.TOLERANCE and row.amount is not None:
        return _("%(rule)s 临时容差 %(amount)s 元") % {"rule": row.rule_code, "amount": f"{row.amount:,.2f}"}
    return _("暂停规则 %(rule)s") % {"rule": row.rule_code}


def _standing(row: WhitelistEntry | RuleMeasure) -> tuple[str, str]:
    """Return tone and word; what was agreed counts within its dates only."""
    today = clock.today()
    if row.state == MeasureState.AGREED and row.valid_to is not None and row.valid_to < today:
        return "grey", _("已到期")
    if row.state == MeasureState.AGREED and row.valid_from > today:
        return "blue", _("未到生效日")
    return _TONES[MeasureState(row.state)], str(row.get_state_display())


def _history(row: WhitelistEntry | RuleMeasure) -> list[Step]:
    found = [Step(row.created_at, str(row.asked_by), _("登记"))]
    if row.decided_at is not None:
        words = _("不同意") if row.state == MeasureState.REFUSED else _("同意，生效")
        found.append(Step(row.decided_at, str(row.decided_by), f"{words}{_colon(row.decision)}"))
    if row.lifted_at is not None:
        found.append(Step(row.lifted_at, str(row.lifted_by), f"{_('解除')}{_colon(row.lift_reason)}"))
    return found


def _colon(words: str) -> str:
    return f"：{words}" if words else ""
