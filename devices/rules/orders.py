"""What follows from the disk's own word about what was signed for it, computed without rows, clock or disk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What became on the disk of something that was signed for it."""

    RAN = "ran"
    NEVER_RAN = "never_ran"
    INCONSISTENT = "inconsistent"


@dataclass(frozen=True)
class SentOrder:
    """An order that was signed, and may have been sent."""

    order_id: str
    expected_counter: int


@dataclass(frozen=True)
class OrderWord:
    """What the disk says of its orders now; the receipt's signature is verified already."""

    counter: int
    receipt_order_id: str = ""
    receipt_counter_after: int | None = None


def judge_order(sent: SentOrder, word: OrderWord) -> Verdict:
    """Decide by counter and last receipt together what happened to an order (trust.md R-13).

    The order id names one row of the outbox, whichever of its signed forms the disk was given. Only one
    order of a disk is under way at a time, so the last receipt is ours or the order never ran.
    """
    if word.receipt_order_id == sent.order_id:
        return Verdict.RAN if word.counter == word.receipt_counter_after else Verdict.INCONSISTENT
    return Verdict.NEVER_RAN if word.counter == sent.expected_counter else Verdict.INCONSISTENT


def judge_upload(last_counter: int, uploaded_through: int) -> Verdict:
    """Decide whether an acknowledgement up to a counter has been taken; giving it again does no harm."""
    return Verdict.RAN if uploaded_through >= last_counter else Verdict.NEVER_RAN
