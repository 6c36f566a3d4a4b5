"""清卡台账: when each disk was reported, its return filed and paid, compared, and the disk cleared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from clearcard.choices import REOPENABLE_STATUSES
from clearcard.models import ClearCardCase
from devices.models import DeviceReport
from filing import selectors as filing_selectors
from filing.models import TaxReturn
from filing.reports.returns import who, whose
from invoicing.reports.base import day, text
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Cell, Table


def table(taxpayers: QuerySet[Taxpayer], period: TaxPeriod, *, of_district: bool = False) -> Table:
    """Return one row per application whose month lies in the period; rejected and withdrawn ones are left out."""
    reported = DeviceReport.objects.filter(
        device=OuterRef("device"), period_start=OuterRef("period_start"), period_end=OuterRef("period_end")
    )
    found = ClearCardCase.objects.filter(
        taxpayer__in=taxpayers.values("pk"), period_start__gte=period.start, period_end__lte=period.end
    ).exclude(status__in=REOPENABLE_STATUSES)
    found = found.annotate(reported_at=Subquery(reported.order_by("-report_counter", "-pk").values("created_at")[:1]))
    found = found.select_related("device", "taxpayer", "submitted_by")
    found = found.order_by("taxpayer__number", "period_start", "pk")
    columns = (
        *whose(of_district=of_district),
        text(_("设备"), 16),
        text(_("所属期"), 16),
        day(_("抄报日期")),
        day(_("申报日期")),
        day(_("缴款日期")),
        text(_("比对结果"), 12),
        text(_("清卡状态"), 12),
        day(_("清卡日期")),
        day(_("新锁死日期")),
        text(_("提交人"), 12),
    )
    return Table("", columns, [_row(each, of_district=of_district) for each in found])


def _row(case: Any, *, of_district: bool) -> tuple[Cell, ...]:
    due = filing_selectors.return_period(case.taxpayer, case.period)
    filed = filing_selectors.find_return(taxpayer=case.taxpayer, period=due) if due else None
    run = filing_selectors.latest_comparison(taxpayer=case.taxpayer, period=case.period)
    return (
        *who(case.taxpayer, of_district=of_district),
        case.device.serial,
        case.period.label,
        _day(case.reported_at),
        _day(filed.submitted_at if filed else None),
        _day(_paid_at(filed) if filed else None),
        str(run.get_outcome_display()) if run else "",
        str(case.get_status_display()),
        _day(case.cleared_at),
        case.new_cut_off,
        str(case.submitted_by) if case.submitted_by else "",
    )


def _paid_at(tax_return: TaxReturn) -> datetime | None:
    """Return when it was paid in full; one that is owed, in part or as a whole, has no such day."""
    return filing_selectors.last_received_at(tax_return) if filing_selectors.is_settled(tax_return) else None


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None
