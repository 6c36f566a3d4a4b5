"""Moving the business clock of the demo forward (演示日期), never back."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone

from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

SEASON_DAY = 3
MORNING = time(9, 30)


def next_season_day() -> date:
    """Return the third of next month, when last month can be reported and cleared."""
    return TaxPeriod.of_month(clock.today()).next().start.replace(day=SEASON_DAY)


def fast_forward(target: date) -> bool:
    """Move the clock to the morning of the day; say whether it moved.

    Rule: a day that is not the next season's changes nothing, so that a second press does not skip a month.
    """
    if target != next_season_day():
        return False
    moment = timezone.make_aware(datetime.combine(target, MORNING))
    clock.set_offset(moment - timezone.now())
    return True
