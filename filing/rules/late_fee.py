"""The surcharge for paying late (滞纳金): so much of the tax for each day after the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from filing.rules.definition import PolicyReference
from taxhall.common.money import ZERO, round_money

RATE_CODE, WAIVED_CODE = "late_fee.rate", "late_fee.waived"
# What no form asks for, and a policy bundle may set all the same.
FEE_POLICIES = {
    (RATE_CODE, "daily"): PolicyReference(RATE_CODE, "daily", _("滞纳金每日加收率")),
    (WAIVED_CODE, "up_to"): PolicyReference(WAIVED_CODE, "up_to", _("滞纳金不加收的最高金额"), type="money"),
}
# Twenty times what the law charges, and a hundred times what it waives: beyond is a slip of the pen.
_HIGHEST = {RATE_CODE: Decimal("0.01"), WAIVED_CODE: Decimal(100)}


@dataclass(frozen=True)
class LawSpan:
    """A value of the law with its first and last day; without a last one it still applies."""

    value: Decimal
    first: date
    last: date | None = None

    def days_within(self, first: date, last: date) -> int:
        """Return on how many of these days, both ends included, it applies."""
        start, end = max(first, self.first), last if self.last is None else min(last, self.last)
        return max(0, (end - start).days + 1)


@dataclass(frozen=True)
class LateFeeLaw:
    """The daily rates, and up to what sums nothing is charged, each in its time."""

    rates: tuple[LawSpan, ...]
    waived: tuple[LawSpan, ...]

    def rate_of_days(self, first: date, last: date) -> Decimal:
        """Return the sum of the daily rates of these days: a new rate is for the days from its first one on."""
        return sum((span.value * span.days_within(first, last) for span in self.rates), Decimal(0))

    def waived_on(self, day: date) -> Decimal:
        """Return up to what sum nothing is charged on a day."""
        return sum((span.value for span in self.waived if span.days_within(day, day)), Decimal(0))


def days_late(due_on: date | None, day: date) -> int:
    """Return how many days a payment is late: the day after the deadline is the first (税收征收管理法第三十二条)."""
    return max(0, (day - due_on).days) if due_on is not None else 0


def is_fee_value(code: str, value: Decimal) -> bool:
    """Say whether a value may be the daily rate, or the sum up to which nothing is charged."""
    return value <= _HIGHEST[code]


def late_fee(tax: Decimal, due_on: date | None, days: int, law: LateFeeLaw) -> Decimal:
    """Return the surcharge on tax that is paid so many days after the deadline; a trifle is not charged."""
    if due_on is None or not days:
        return ZERO
    last = due_on + timedelta(days=days)
    fee = round_money(max(tax, ZERO) * law.rate_of_days(due_on + timedelta(days=1), last))
    return fee if fee > law.waived_on(last) else ZERO
