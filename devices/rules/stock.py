"""Which invoice numbers are out, computed from ranges alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


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
