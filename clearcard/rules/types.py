"""Which type of clearing fits a disk and period, and why the others do not.

On the disk every type is the clearing of one month (domain sheet 0 and 1.5); the types are the
guide's words for the month's place in the year and for the return that goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from clearcard.choices import ClearKind, SpecialReason
from clearcard.shapes import TypeOption
from taxhall.common.periods import TaxPeriod

# Reasons the hall can serve itself; the rest need the disk at the counter first.
SERVED_REASONS = (SpecialReason.OVERDUE,)


@dataclass(frozen=True)
class TypeFacts:
    """What decides between the types."""

    period: TaxPeriod
    is_quarterly: bool
    lock_date: date
    today: date

    @property
    def is_overdue(self) -> bool:
        """Whether the disk has passed its lock date."""
        return self.today > self.lock_date

    @property
    def ends_quarter(self) -> bool:
        """Whether the quarterly return is due with this month."""
        return self.period.end.month % 3 == 0

    @property
    def ends_year(self) -> bool:
        """Whether this is the clearing of December."""
        return self.period.end.month == 12


def type_options(facts: TypeFacts) -> tuple[TypeOption, ...]:
    """Return the four cards in the guide's order, exactly one suggested."""
    suggested = suggested_kind(facts)
    return tuple(_option(kind, facts, suggested) for kind in ClearKind)


def suggested_kind(facts: TypeFacts) -> ClearKind:
    """Return the type that fits best."""
    if facts.is_overdue:
        return ClearKind.SPECIAL
    if facts.is_quarterly and facts.ends_quarter:
        return ClearKind.QUARTERLY
    return ClearKind.MONTHLY


def why_not(kind: ClearKind, facts: TypeFacts) -> str:
    """Return why the type is not possible; empty when it is."""
    if kind == ClearKind.SPECIAL:
        return "" if facts.is_overdue else _special_obstacle(facts)
    if facts.is_overdue:
        return _("设备已过锁死日期 %(day)s，请选择特殊清卡（逾期未清卡）。") % {"day": facts.lock_date}
    return _season_obstacle(kind, facts)


def _special_obstacle(facts: TypeFacts) -> str:
    words = _("设备没有逾期（锁死日期 %(day)s）。变更、更换、注销和非征期抄报请先到办税服务厅办理发行手续。")
    return words % {"day": facts.lock_date}


def _season_obstacle(kind: ClearKind, facts: TypeFacts) -> str:
    month = {"month": facts.period.label}
    if kind == ClearKind.MONTHLY and facts.is_quarterly and facts.ends_quarter:
        return _("%(month)s是季末月份，随季度申报办理，请选择季度清卡。") % month
    if kind == ClearKind.QUARTERLY and not facts.is_quarterly:
        return _("您按月申报，没有季度申报，每月办理月度清卡即可。")
    if kind == ClearKind.QUARTERLY and not facts.ends_quarter:
        return _("%(month)s不是季末月份，本月没有季度申报，请选择月度清卡。") % month
    if kind == ClearKind.ANNUAL and not facts.ends_year:
        return _("年度清卡只在 1 月清上年 12 月时使用，本次清的是 %(month)s。") % month
    return ""


def why_not_reason(reason: SpecialReason, facts: TypeFacts) -> str:
    """Return why a special reason cannot be served here; empty when it can."""
    if reason not in SERVED_REASONS:
        return _("“%(reason)s”要先在办税服务厅改写设备的发行信息，网上暂不受理。") % {"reason": reason.label}
    return why_not(ClearKind.SPECIAL, facts)


def _option(kind: ClearKind, facts: TypeFacts, suggested: ClearKind) -> TypeOption:
    obstacle = why_not(kind, facts)
    return TypeOption(
        kind=kind,
        label=str(kind.label),
        when_to_use=_WHEN_TO_USE[kind](),
        is_possible=not obstacle,
        why_not=obstacle,
        is_suggested=kind == suggested,
        reason=_suggestion(facts) if kind == suggested else "",
        sub_reasons=_sub_reasons(facts) if kind == ClearKind.SPECIAL else (),
    )


def _sub_reasons(facts: TypeFacts) -> tuple[tuple[str, str], ...]:
    return tuple((each.value, str(each.label)) for each in SpecialReason if not why_not_reason(each, facts))


def _suggestion(facts: TypeFacts) -> str:
    if facts.is_overdue:
        return _("设备已过锁死日期 %(day)s，按逾期办理，由两名税务人员复核。") % {"day": facts.lock_date}
    if facts.is_quarterly and facts.ends_quarter:
        return _("您按季申报，%(month)s是季末月份。") % {"month": facts.period.label}
    if facts.is_quarterly:
        return _("您按季申报，%(month)s没有申报，抄报后直接清卡。") % {"month": facts.period.label}
    return _("您按月申报，本次清 %(month)s。") % {"month": facts.period.label}


_WHEN_TO_USE = {
    ClearKind.MONTHLY: lambda: _("每月征期内，完成抄报、申报和缴款之后。"),
    ClearKind.QUARTERLY: lambda: _("按季申报的纳税人，在 1、4、7、10 月随季度申报办理。"),
    ClearKind.ANNUAL: lambda: _("每年 1 月清上年 12 月时可选，盘上的处理与月度清卡相同。"),
    ClearKind.SPECIAL: lambda: _("逾期、变更、更换、注销或非征期抄报，需要两名税务人员复核。"),
}


def why_not_without_words(kind: str, explanation: str) -> str:
    """Return why an application lacks its explanation (情况说明); empty when it needs none or has one.

    Rule: two officers decide a special clear over what the taxpayer says happened (domain sheet 1.7).
    """
    if kind != ClearKind.SPECIAL or explanation.strip():
        return ""
    return _("特殊清卡由税务人员审核，请在情况说明里写明没有按期清卡或需要特殊清卡的原因。")
