"""When a deadline is reminded of, computed from days alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from filing.rules.definition import PolicyReference

STEPS_CODE = "reminder.days"
LONGEST_STEP = 30
# What no form asks for, and a policy bundle may set all the same.
STEP_POLICIES = {
    (STEPS_CODE, key): PolicyReference(STEPS_CODE, key, label, type="days")
    for key, label in (
        ("first", _("到期提醒第一次提前的天数")),
        ("second", _("到期提醒第二次提前的天数")),
        ("last", _("到期提醒最后一次提前的天数")),
    )
}


def step_of(due_on: date, today: date, steps: Iterable[int]) -> int | None:
    """Return which reminder is due: the step that was reached last, None before the first one and after the day.

    A day on which nobody could send is caught up by the same step on the next; once the following step is reached,
    that one alone is sent.
    """
    left = (due_on - today).days
    reached = [step for step in steps if step >= left] if left >= 0 else []
    return min(reached, default=None)


def is_step(value: Decimal) -> bool:
    """Say whether a value may be a number of days before a deadline."""
    return value == int(value) and 0 <= value <= LONGEST_STEP
