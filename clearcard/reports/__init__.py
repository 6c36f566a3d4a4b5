"""The reports of clearcard, and the district's reports of everything from filing up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clearcard.reports import ledger
from filing.reports.returns import own
from invoicing.reports import Report

REPORTS: tuple[Report, ...] = (
    Report(
        "clears",
        _("清卡台账"),
        _("每台设备每个月份的抄报、申报、缴款、比对和清卡"),
        lambda asked: (ledger.table(own(asked), asked.period),),
        note=_("一行是一份清卡申请；按季申报的，非季末月份没有申报和缴款。"),
    ),
)
