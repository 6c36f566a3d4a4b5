"""Reports of a whole district for officers: the same tables as a company's, with a column that says whose row it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from clearcard.reports import ledger
from filing.reports import burden, comparisons, dues, returns
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Book, Table


@dataclass(frozen=True)
class DistrictReport:
    """One report over all the taxpayers that an officer may see."""

    name: str
    title: str | Promise
    summary: str | Promise
    table: Callable[..., Table]

    def book(self, *, officer: User, period: TaxPeriod) -> Book:
        """Return the report; its rows are held, so that page and file can count them."""
        taxpayers: QuerySet[Taxpayer] = account_selectors.list_taxpayers(visible_to=officer)
        table = self.table(taxpayers, period, of_district=True)
        facts = (
            (_("纳税人户数"), f"{taxpayers.count():,}"),
            (_("所属期"), period.label),
            (_("制表人"), str(officer)),
            (_("制表日期"), clock.today().isoformat()),
            (_("金额单位"), _("元至角分")),
        )
        return Book(str(self.title), facts, (replace(table, rows=list(table.rows)),))


REPORTS: tuple[DistrictReport, ...] = (
    DistrictReport("returns", gettext_lazy("申报汇总"), gettext_lazy("辖区内已申报的申报表和合计"), returns.table),
    DistrictReport(
        "comparisons", gettext_lazy("比对不符清单"), gettext_lazy("辖区内最近一次比对不符的规则"), comparisons.table
    ),
    DistrictReport("clears", gettext_lazy("清卡台账"), gettext_lazy("辖区内每份清卡申请到了哪一步"), ledger.table),
    DistrictReport("burden", gettext_lazy("增值税税负"), gettext_lazy("辖区内各户最近十二个月的税负率"), burden.table),
    DistrictReport("dues", gettext_lazy("应收税款"), gettext_lazy("辖区内已申报未入库的税款和滞纳金"), dues.table),
)
BY_NAME: dict[str, Any] = {report.name: report for report in REPORTS}
