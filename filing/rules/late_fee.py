"""The surcharge for paying late (滞纳金): so much of the tax for each day after the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from taxhall.common.money import ZERO, round_money


@dataclass(frozen=True)
class LateFeeLaw:
    """The daily rate, and up to what sum nothing is charged."""

    daily_rate: Decimal
    waived_up_to: Decimal


def days_late(due_on: date | None, day: date) -> int:
    """Return how many days a payment is late: the day after the deadline is the first (税收征收管理法第三十二条)."""
    return max(0, (day - due_on).days) if due_on is not None else 0


def late_fee(tax: Decimal, days: int, law: LateFeeLaw) -> Decimal:
    """Return the surcharge on tax that is paid so many days late; a trifle is not charged."""
    fee = round_money(max(tax, ZERO) * law.daily_rate * days)
    return fee if fee > law.waived_up_to else ZERO
