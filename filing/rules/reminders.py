"""When a deadline is reminded of, computed from days alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


def step_of(due_on: date, today: date, steps: Iterable[int]) -> int | None:
    """Return which reminder is due: the step that was reached last, None before the first one and after the day.

    A day on which nobody could send is caught up by the same step on the next; once the following step is reached,
    that one alone is sent.
    """
    left = (due_on - today).days
    reached = [step for step in steps if step >= left] if left >= 0 else []
    return min(reached, default=None)
