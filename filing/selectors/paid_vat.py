"""What of the payments for a return is VAT, and in which period the treasury received it (本期已缴税额)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Taxpayer
from filing.choices import HELD_PAYMENTS, ReturnStatus
from filing.models import Payment, ReturnLine, TaxReturn
from taxhall.common.money import ZERO, round_money
from taxhall.common.periods import TaxPeriod


def paid_vat(tax_return: TaxReturn, period: TaxPeriod) -> Decimal:
    """Return the VAT of a return, and of those it corrects, that the treasury received in a period and still holds.

    Rule: tax is paid before what its lateness costs (滞纳金), and surcharges (附加税费) together with the VAT they are
    levied on (城市维护建设税法第七条): a part of what a return owes pays both alike, and the whole pays the whole VAT.
    A correction owes what it adds to what was held before it; what was given back counts nowhere, whenever it was.
    """
    chain = _chain(tax_return)
    due, received = _vat_due(chain), _received(chain)
    held, found = ZERO, ZERO
    for each in chain:
        owed_vat, payments = max(ZERO, due.get(each.pk, ZERO) - held), received.get(each.pk, [])
        until_end, before = (
            _vat_of(each, owed_vat, payments, day) for day in (period.end, period.start - timedelta(days=1))
        )
        held += _vat_of(each, owed_vat, payments, date.max)
        found += until_end - before
    return found


def paid_arrears(taxpayer: Taxpayer, form_code: str, period: TaxPeriod) -> Decimal:
    """Return the VAT that was received in a period for periods before the last one (欠缴税额)."""
    earlier = TaxReturn.objects.filter(
        taxpayer=taxpayer, form_code=form_code, period_end__lt=period.previous().start
    ).order_by()
    # Django reads the day in the hall's time zone.
    paid_now = earlier.filter(
        payments__state__in=HELD_PAYMENTS, payments__received_at__date__range=(period.start, period.end)
    )
    standing = earlier.filter(
        period_end__in=paid_now.values("period_end"), status__in=(ReturnStatus.SUBMITTED, ReturnStatus.PAID)
    )
    return sum((paid_vat(each, period) for each in standing), ZERO)


def _chain(tax_return: TaxReturn) -> list[TaxReturn]:
    """Return a return with those it corrects, the oldest first."""
    chain, found = [tax_return], tax_return.corrects
    while found is not None:
        chain.append(found)
        found = found.corrects
    return chain[::-1]


def _vat_due(chain: list[TaxReturn]) -> dict[int, Decimal]:
    lines = ReturnLine.objects.filter(tax_return__in=chain, schedule="main", line="34", column="general")
    return {pk: value or ZERO for pk, value in lines.values_list("tax_return_id", "value")}


def _received(chain: list[TaxReturn]) -> dict[int, list[tuple[date, Decimal]]]:
    """Return the day and the tax of each payment that the treasury holds, by return."""
    found: dict[int, list[tuple[date, Decimal]]] = {}
    held = Payment.objects.filter(tax_return__in=chain, state__in=HELD_PAYMENTS).order_by()
    for pk, at, tax in held.values_list("tax_return_id", "received_at", "received_tax"):
        found.setdefault(pk, []).append((timezone.localdate(at), tax))
    return found


def _vat_of(tax_return: TaxReturn, owed_vat: Decimal, payments: list[tuple[date, Decimal]], last_day: date) -> Decimal:
    """Return the VAT in what was received up to a day; rounded as a sum, so that parts add up to the whole."""
    tax = sum((tax for day, tax in payments if day <= last_day), ZERO)
    return round_money(owed_vat * tax / tax_return.owed_amount) if tax and tax_return.owed_amount > ZERO else ZERO
