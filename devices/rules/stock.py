"""Which blank invoices go back when a company returns some (发票退回): the disk takes off the end of what it holds."""

from __future__ import annotations

from collections.abc import Sequence

from devices.rules.orders import NumberRange


def last_numbers(held: Sequence[NumberRange], count: int) -> tuple[NumberRange, ...]:
    """Return the last `count` blank numbers, by segment, the last segment first.

    `held` are the blank numbers in the order in which the disk will use them. Fewer are returned when there are
    fewer; numbers that were used are never among them.
    """
    found: list[NumberRange] = []
    for item in reversed(held):
        taken = min(count, item.last - item.first + 1)
        if taken > 0:
            found.append(NumberRange(item.code, item.last - taken + 1, item.last))
            count -= taken
    return tuple(found)
