"""纳税申报比对表: what each rule measured in the comparison that stands for each month."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.choices import GONE_STATES
from filing.models import ComparisonResult, ComparisonRun
from filing.reports.returns import who, whose
from invoicing.reports.base import day, money, text
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Cell, Table


def table(taxpayers: QuerySet[Taxpayer], period: TaxPeriod, *, of_district: bool = False) -> Table:
    """Return one row per rule and month; of a district only what did not agree, as nobody reads the rest."""
    found = ComparisonResult.objects.filter(run__in=_standing_runs(taxpayers, period))
    if of_district:
        found = found.filter(outcome="fail")
    found = found.select_related("run__taxpayer").order_by("run__taxpayer__number", "run__period_start", "position")
    columns = (
        *whose(of_district=of_district),
        text(_("月份"), 16),
        day(_("比对日期")),
        text(_("规则"), 36),
        money(_("申报数")),
        money(_("系统数")),
        money(_("差额")),
        money(_("容差")),
        text(_("结论"), 10),
        text(_("阻断"), 8),
        text(_("处理"), 40),
    )
    return Table("", columns, [_row(each, of_district=of_district) for each in found])


def _standing_runs(taxpayers: QuerySet[Taxpayer], period: TaxPeriod) -> list[int]:
    """Return the last run of each company and month that still stands."""
    runs = ComparisonRun.objects.filter(
        Q(tax_return__isnull=True) | ~Q(tax_return__status__in=GONE_STATES),
        taxpayer__in=taxpayers.values("pk"),
        period_start__gte=period.start,
        period_end__lte=period.end,
    )
    newest = runs.order_by("taxpayer_id", "period_start", "-at", "-pk").distinct("taxpayer_id", "period_start")
    return list(newest.values_list("pk", flat=True))


def _row(result: ComparisonResult, *, of_district: bool) -> tuple[Cell, ...]:
    run = result.run
    return (
        *who(run.taxpayer, of_district=of_district),
        run.period.label,
        timezone.localdate(run.at),
        f"{result.rule_code} {result.title}",
        result.declared,
        result.measured,
        result.difference,
        result.tolerance,
        str(result.get_outcome_display()),
        _("是") if result.blocking and not result.waived else _("否"),
        result.waived or result.remedy or result.sentence,
    )
