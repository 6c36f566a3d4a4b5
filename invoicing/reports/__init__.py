"""The reports, listed by hand in the order in which they are offered; applications above add theirs."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from invoicing.reports import grouped, lists, statistics, stock
from invoicing.reports.base import SHOWN_ROWS, WAITED_ROWS, Asked, AskedOfDistrict, DistrictReport, Report

REPORTS: list[Report] = [
    Report(
        "statistics",
        _("发票资料统计"),
        _("按票种和税率：正数、负数、正废、负废和实际的份数、金额、税额"),
        statistics.statistics,
        note=_("实际 = 正数 + 负数，作废的不计。一张发票有几种税率的，在每种税率中各计一份，合计行只计一份。"),
    ),
    Report(
        "stock",
        _("发票领用存月报"),
        _("每台设备、每个票种的期初、购进、退回、开具和期末份数"),
        stock.stock,
        note=_("期末 = 期初 + 购进 - 退回 - 正数 - 负数 - 正废 - 负废；库存以设备最近一次读数为准。"),
    ),
    Report("details", _("销项明细"), _("已开具发票的每一行"), lists.details, count=lists.count_details),
    Report(
        "customers", _("客户汇总"), _("每个客户的份数和金额，附图"), grouped.by_customer, chart=grouped.customer_chart
    ),
    Report(
        "goods",
        _("商品汇总"),
        _("每种商品和服务的份数和金额，附图"),
        grouped.by_goods,
        chart=grouped.goods_chart,
        note=_("份数是含有该项目的发票份数；一张发票有几个项目的，各计一份，因此份数不合计。"),
    ),
    Report("months", _("月度汇总"), _("到所选月份为止的十二个月，附图"), grouped.by_month, chart=grouped.month_chart),
    Report("unsent", _("未上传清单"), _("还没有上传的发票，清卡前须处理"), lists.unsent, count=lists.count_unsent),
    Report("unprinted", _("未打印清单"), _("还没有打印的纸质发票"), lists.unprinted, count=lists.count_unprinted),
    Report("undone", _("作废和红字清单"), _("作废的和红字的发票及原因"), lists.undone, count=lists.count_undone),
]
BY_NAME = {report.name: report for report in REPORTS}


def register(reports: Iterable[Report]) -> None:
    """Offer the reports of an application above beside these, once; called when that application is ready."""
    for report in reports:
        if report.name not in BY_NAME:
            BY_NAME[report.name] = report
            REPORTS.append(report)


# Of districts: all of them come from the applications above.
DISTRICT_REPORTS: list[DistrictReport] = []
DISTRICT_BY_NAME: dict[str, DistrictReport] = {}


def register_district(reports: Iterable[DistrictReport]) -> None:
    """Offer reports over many companies to officers, once; called when the application above is ready."""
    for report in reports:
        if report.name not in DISTRICT_BY_NAME:
            DISTRICT_BY_NAME[report.name] = report
            DISTRICT_REPORTS.append(report)


__all__ = [
    "BY_NAME",
    "DISTRICT_BY_NAME",
    "DISTRICT_REPORTS",
    "REPORTS",
    "SHOWN_ROWS",
    "WAITED_ROWS",
    "Asked",
    "AskedOfDistrict",
    "DistrictReport",
    "Report",
    "register",
    "register_district",
]
