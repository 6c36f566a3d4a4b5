"""Finding the few odd invoices among thousands: two sides compare subtotals and halve where they differ."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple


class Subtotal(NamedTuple):
    """What one side adds up to between two positions, both included."""

    invoices: int
    amount: Decimal
    tax: Decimal


Side = Callable[[int, int], Subtotal]


def odd_positions(first: int, last: int, left: Side, right: Side, *, most: int = 50) -> list[int]:
    """Return the positions at which two sides differ, in order, at most so many.

    Each odd one costs about two questions to each side per halving, so a handful among thousands is found
    with some dozens of sums instead of by reading all. Two faults that cancel out within every subtotal that
    holds both stay hidden, as in any comparison of sums.
    """
    found: list[int] = []
    waiting = [(first, last)]
    while waiting and len(found) < most:
        low, high = waiting.pop()
        if low > high or left(low, high) == right(low, high):
            continue
        if low == high:
            found.append(low)
            continue
        middle = (low + high) // 2
        waiting += [(middle + 1, high), (low, middle)]
    return found
