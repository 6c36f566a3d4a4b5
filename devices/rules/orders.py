"""What follows from the disk's own word and from number ranges, computed without rows, clock or disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


@dataclass(frozen=True)
class NumberRange:
    """Invoice numbers of one code (发票代码), both ends included."""

    code: str
    first: int
    last: int

    def overlaps(self, other: NumberRange) -> bool:
        """Whether some number is in both."""
        return self.code == other.code and self.first <= other.last and other.first <= self.last

    def without(self, other: NumberRange) -> Iterator[NumberRange]:
        """Yield what is left when the other range is taken away."""
        if not self.overlaps(other):
            yield self
            return
        if self.first < other.first:
            yield NumberRange(self.code, self.first, other.first - 1)
        if other.last < self.last:
            yield NumberRange(self.code, other.last + 1, self.last)


def still_out(movements: Iterable[tuple[bool, NumberRange]]) -> list[NumberRange]:
    """Return the numbers that are out, from what was given out (True) and came back (False), oldest first."""
    out: list[NumberRange] = []
    for is_given, numbers in movements:
        out = [*out, numbers] if is_given else [rest for item in out for rest in item.without(numbers)]
    return out


def first_overlap(wanted: Iterable[NumberRange], taken: Iterable[NumberRange]) -> NumberRange | None:
    """Return the first wanted range of which a number is taken, or that repeats one before it."""
    held = list(taken)
    for item in wanted:
        if any(item.overlaps(other) for other in held):
            return item
        held.append(item)
    return None
