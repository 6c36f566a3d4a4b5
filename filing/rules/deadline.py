"""The work calendar and the filing deadline computed from it (征期顺延)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from filing.shapes import Closure

_ONE_DAY = timedelta(days=1)
_BASE_DAY = 15
_POSTPONING_DAYS = 3


@dataclass(frozen=True)
class WorkCalendar:
    """Days that a holiday notice moves; every other day follows the week."""

    off: frozenset[date]
    worked: frozenset[date]

    @classmethod
    def of(cls, off: Iterable[date] = (), worked: Iterable[date] = ()) -> WorkCalendar:
        """Make a calendar from two lists of days."""
        return cls(frozenset(off), frozenset(worked))

    def is_working(self, day: date) -> bool:
        """Say whether offices work: Monday to Friday but for holidays, and make-up days."""
        return day in self.worked or (day.weekday() < 5 and day not in self.off)

    def block_of(self, day: date) -> tuple[date, ...]:
        """Return the run of holiday days around a holiday, in order; empty for other days."""
        if day not in self.off:
            return ()
        first = last = day
        while first - _ONE_DAY in self.off:
            first -= _ONE_DAY
        while last + _ONE_DAY in self.off:
            last += _ONE_DAY
        return tuple(first + timedelta(days=offset) for offset in range((last - first).days + 1))


def workday_after(calendar: WorkCalendar, day: date, count: int) -> date:
    """Return the count-th working day strictly after a day.

    Raises: ValueError when count is not positive.
    """
    if count < 1:
        raise ValueError("count working days from one upwards")
    while count:
        day += _ONE_DAY
        if calendar.is_working(day):
            count -= 1
    return day


def workday_back(calendar: WorkCalendar, day: date, count: int) -> date:
    """Return the count-th working day counted backwards; a working day counts itself.

    Raises: ValueError when count is not positive.
    """
    if count < 1:
        raise ValueError("count working days from one upwards")
    while True:
        if calendar.is_working(day):
            count -= 1
        if not count:
            return day
        day -= _ONE_DAY


def season_deadline(calendar: WorkCalendar, year: int, month: int) -> date:
    """Return the last day of a month's filing season.

    Rule: the season ends on the 15th (增值税法, file within 15 days). A rest day there moves it to the
    next working day; holiday blocks with three or more days inside the first fifteen extend it by
    that many days (税收征管法实施细则 art. 109), which practice counts as working days after the 15th.
    """
    season = [date(year, month, day) for day in range(1, _BASE_DAY + 1)]
    inside = set(season)
    postponing = [day for day in season if len(inside.intersection(calendar.block_of(day))) >= _POSTPONING_DAYS]
    base = season[-1]
    if postponing:
        return workday_after(calendar, base, len(postponing))
    return base if calendar.is_working(base) else workday_after(calendar, base, 1)


def after_closures(calendar: WorkCalendar, last: date, closures: Iterable[Closure]) -> tuple[date, tuple[Closure, ...]]:
    """Return the last day with declared outages counted in, and those that move it, in order.

    Rule: the law leaves the postponement for a failure of the system to the announcement (征管法 art. 27); a last
    day that an outage touches moves to the first working day after the outage has ended. The day so found may
    itself lie in a further outage.
    """
    left, moved = sorted(closures, key=lambda each: (each.first, each.last)), list[Closure]()
    while (held := next((each for each in left if each.first <= last <= each.last), None)) is not None:
        last = workday_after(calendar, held.last, 1)
        left.remove(held)
        moved.append(held)
    return last, tuple(moved)
