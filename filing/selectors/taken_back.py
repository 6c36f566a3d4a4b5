"""Input tax that leaves the buyer's deduction because its seller took (part of) the invoice back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from accounts.models import Taxpayer
from filing.choices import TickState, TransferLine, VoucherKind
from filing.models import InputTransfer, InputVoucher
from invoicing import selectors as invoicing_selectors
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class RedTransfer:
    """What the hall itself transfers out of a month for one confirmation, red form or red invoice."""

    voucher: InputVoucher
    notice: str
    line: TransferLine
    tax: Decimal
    month: date

    @property
    def period(self) -> TaxPeriod:
        """The month whose return transfers it out."""
        return TaxPeriod.of_month(self.month)


def red_transfers(*, taxpayer: Taxpayer, period: TaxPeriod | None = None) -> list[RedTransfer]:
    """Return what is transferred out because it was taken back, in a period or at all.

    Rule: what was deducted is transferred out in the month in which the taking back was agreed or signed
    (国家税务总局公告2024年第11号; 公告2016年第47号); what is deducted only later is deducted less that much, in its
    own month. What the taxpayer recorded under the same number is not transferred out twice.
    """
    ticked = InputVoucher.objects.filter(taxpayer=taxpayer, state=TickState.DEDUCTED).exclude(kind=VoucherKind.FEE)
    if period is not None:
        ticked = ticked.filter(period_start__lte=period.end)
    vouchers = {(row.code, row.number): row for row in ticked.order_by()}
    if not vouchers:
        return []
    recorded = _recorded(taxpayer)
    found = []
    for each in invoicing_selectors.list_taken_back(buyer=taxpayer, invoices=vouchers):
        voucher = vouchers[each.code, each.number]
        month = max(voucher.period_start or each.on, each.on.replace(day=1))
        tax = each.tax - recorded.get(each.notice, ZERO)
        line = TransferLine.RED_NOTICE if each.has_notice else TransferLine.OTHER
        if tax > 0 and (period is None or period.contains(month)):
            found.append(RedTransfer(voucher, each.notice, line, tax, month))
    return found


def _recorded(taxpayer: Taxpayer) -> dict[str, Decimal]:
    rows = InputTransfer.objects.filter(taxpayer=taxpayer, is_cancelled=False).exclude(notice_number="").order_by()
    return dict(rows.values_list("notice_number").annotate(whole=Sum("tax")))
