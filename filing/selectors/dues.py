"""What is still to be paid for a return: the tax that the treasury does not hold, and the surcharge for lateness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max

from filing.choices import HELD_PAYMENTS
from filing.models import PolicyRule, TaxReturn
from filing.rules.late_fee import RATE_CODE, WAIVED_CODE, LateFeeLaw, LawSpan, days_late, late_fee
from taxhall.common import clock
from taxhall.common.money import ZERO
from taxhall.common.parts import Part, Rows, fetch

RECEIVED = Part(
    "received",
    """SELECT coalesce(sum(received_tax), 0.00) AS tax FROM filing_payment
    WHERE tax_return_id = %(tax_return)s AND state = ANY(%(held)s)""",
)


@dataclass(frozen=True)
class Dues:
    """What an order to pay would hold today."""

    tax: Decimal
    late_fee: Decimal
    days: int
    received_tax: Decimal

    @property
    def total(self) -> Decimal:
        """Tax and surcharge together."""
        return self.tax + self.late_fee


def dues_of(tax_return: TaxReturn, *, today: date | None = None) -> Dues:
    """Return what is owed on a filed return if it is paid today.

    Rule: each part of the tax bears the surcharge up to the day its payment was ordered; the tax is paid first, so
    what a partial payment left of its surcharge is asked for again.
    """
    today = today or clock.today()
    law, days, due_on = late_fee_law(), days_late(tax_return.due_on, today), tax_return.due_on
    held = list(tax_return.payments.filter(state__in=HELD_PAYMENTS))
    received = sum((each.received_tax for each in held), ZERO)
    tax = max(ZERO, tax_return.owed_amount - received)
    borne = sum((late_fee(each.received_tax, due_on, each.late_days, law) for each in held), ZERO)
    paid = sum((each.received_fee for each in held), ZERO)
    return Dues(tax, max(ZERO, borne - paid) + late_fee(tax, due_on, days, law), days, received)


def received_tax(tax_return: TaxReturn) -> Decimal:
    """Return the tax that the treasury holds for this return, without what was paid for the one it corrects."""
    return received_of(fetch(RECEIVED, tax_return=tax_return.pk, held=list(HELD_PAYMENTS)))


def received_fee(tax_return: TaxReturn) -> Decimal:
    """Return the surcharge for lateness that the treasury holds for this return; a list prefetches the payments."""
    held = (each for each in tax_return.payments.all() if each.state in HELD_PAYMENTS)
    return sum((each.received_fee for each in held), ZERO)


def received_of(found: Rows) -> Decimal:
    """Return the tax that the part RECEIVED found."""
    return sum((row["tax"] for row in found["received"]), ZERO)


def overpaid_tax(tax_return: TaxReturn) -> Decimal:
    """Return what the treasury holds above what a return declares: a correction may declare less than was paid."""
    return max(ZERO, received_tax(tax_return) + tax_return.paid_before - max(ZERO, tax_return.tax_due))


def last_received_at(tax_return: TaxReturn) -> datetime | None:
    """Return when the treasury last received tax for a return, or for the one it corrects; none for nothing."""
    found: TaxReturn | None = tax_return
    while found is not None:
        at: datetime | None = found.payments.filter(state__in=HELD_PAYMENTS).aggregate(at=Max("received_at"))["at"]
        if at is not None or not found.paid_before:
            return at
        found = found.corrects
    return None


def late_fee_law() -> LateFeeLaw:
    """Return the surcharge's rates and limits, each in its time; for days without a row nothing is charged."""
    spans: dict[str, list[LawSpan]] = {RATE_CODE: [], WAIVED_CODE: []}
    rows = PolicyRule.objects.filter(code__in=spans, taxpayer_kind="").order_by("valid_from")
    for row in rows:
        spans[row.code].append(LawSpan(row.value, row.valid_from, row.valid_to))
    return LateFeeLaw(tuple(spans[RATE_CODE]), tuple(spans[WAIVED_CODE]))
