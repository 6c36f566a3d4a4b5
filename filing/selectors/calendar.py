"""Reads of the work calendar and the filing deadlines."""

from __future__ import annotations

import calendar as month_calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property, partial

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Bureau
from filing.choices import DeadlineBasis, HolidayKind
from filing.models import Holiday, Outage, TaxDeadline
from filing.rules import deadline as deadline_rules
from filing.shapes import Closure
from taxhall.common.periods import TaxPeriod

# Inside the class below `date` is the field of that name.
Day = date


@dataclass(frozen=True)
class Deadline:
    """The last day to file for a period, and how sure it is."""

    date: date
    source: str
    is_estimated: bool
    # The last day before declared outages moved it.
    moved_from: Day | None = None


@dataclass(frozen=True)
class CalendarDay:
    """One day as the month table shows it: letters, not colours."""

    day: date
    is_in_month: bool
    is_off: bool
    mark: str
    deadline: Deadline | None


def work_calendar(first: date, last: date) -> deadline_rules.WorkCalendar:
    """Return the stored holiday and make-up days around a span of days."""
    margin = timedelta(days=60)
    rows = list(Holiday.objects.filter(day__range=(first - margin, last + margin)).values_list("day", "kind"))
    return deadline_rules.WorkCalendar.of(
        off=(day for day, kind in rows if kind == HolidayKind.OFF),
        worked=(day for day, kind in rows if kind == HolidayKind.WORK),
    )


def workday_after(day: date, count: int) -> date:
    """Return the count-th working day strictly after a day (「3 个工作日内」)."""
    return deadline_rules.workday_after(work_calendar(day, day + timedelta(days=count * 2)), day, count)


def workday_back(day: date, count: int) -> date:
    """Return the count-th working day counted backwards from a day, which counts itself."""
    return deadline_rules.workday_back(work_calendar(day - timedelta(days=count * 2), day), day, count)


class _Year:
    """What the seasons of one year follow from, each read when it is first needed."""

    def __init__(self, year: int, bureau: Bureau | None) -> None:
        self._year, self._bureau = year, bureau
        self._first = date(year, 1, 1)

    @cached_property
    def announced(self) -> dict[int, Deadline]:
        """The last days that have a row, by month."""
        return {
            row.month: Deadline(row.deadline, row.source, row.basis == DeadlineBasis.ESTIMATED)
            for row in TaxDeadline.objects.filter(year=self._year)
        }

    @cached_property
    def closures(self) -> list[Closure]:
        """The declared outages that may move a last day of the year."""
        reach = Outage.objects.in_force().that_reach(self._bureau).select_related(None)
        moment = timezone.make_aware(datetime.combine(self._first, time.min))
        return [each.closure for each in reach.filter(ends_at__gt=moment)]

    def computed(self, month: int) -> Deadline:
        """Return the last day of a month that has no row."""
        last = deadline_rules.season_deadline(self._calendar, self._year, month)
        known = any(day.year == self._year for day in self._calendar.off | self._calendar.worked)
        source = _("按节假日安排推算，以税务机关公告为准") if known else _("仅按周末推算，以税务机关公告为准")
        return Deadline(last, source, is_estimated=True)

    @cached_property
    def _calendar(self) -> deadline_rules.WorkCalendar:
        return work_calendar(self._first, date(self._year, 12, 31))


class Seasons:
    """The last days to file of a bureau's companies; what they follow from is read once for all that are asked.

    One lives as long as one answer, so that a change of the calendar shows in the next. Declared outages that reach
    the companies move a last day; without a bureau, those of the city's.
    """

    def __init__(self, bureau: Bureau | None = None, *, closures: Iterable[Closure] | None = None) -> None:
        self._closures = None if closures is None else list(closures)
        self._year = cache(partial(_Year, bureau=bureau))

    def of_month(self, year: int, month: int) -> Deadline:
        """Return the last day of one calendar month's season: the stored row, else the computation."""
        facts = self._year(year)
        found = facts.announced.get(month) or facts.computed(month)
        closures = facts.closures if self._closures is None else self._closures
        if not any(each.first <= found.date <= each.last for each in closures):
            return found
        return _moved(found, closures)

    def of_period(self, period: TaxPeriod) -> Deadline:
        """Return the last day to file for a period; it falls in the month after the period's end."""
        season = period.end + timedelta(days=1)
        return self.of_month(season.year, season.month)


def _moved(found: Deadline, closures: list[Closure]) -> Deadline:
    furthest = max(each.last for each in closures)
    last, moved = deadline_rules.after_closures(work_calendar(found.date, furthest), found.date, closures)
    sources = _("、").join(each.source for each in moved)
    facts = {"was": found.date, "source": found.source, "outages": sources}
    return replace(
        found,
        date=last,
        moved_from=found.date,
        source=_("%(source)s；原为 %(was)s，因系统停机顺延：%(outages)s") % facts,
    )


def season_deadline(year: int, month: int) -> Deadline:
    """Return the last day of one calendar month's season, as it is for everybody of the city."""
    return Seasons().of_month(year, month)


def deadline_for(month: TaxPeriod, *, bureau: Bureau | None = None) -> Deadline:
    """Return the last day to file for a period; it falls in the month after the period's end."""
    return Seasons(bureau).of_period(month)


def month_table(year: int, month: int, *, seasons: Seasons) -> list[list[CalendarDay]]:
    """Return the weeks of a month with their marks: 截止, 休, 班."""
    weeks = month_calendar.Calendar().monthdatescalendar(year, month)
    calendar = work_calendar(weeks[0][0], weeks[-1][-1])
    before = date(year, month, 1) - timedelta(days=1)
    # An outage may have moved the season of the month before into this one.
    found = [seasons.of_month(each.year, each.month) for each in (before, date(year, month, 1))]
    last = {each.date: each for each in found}
    return [[_day(day, month, calendar, last) for day in week] for week in weeks]


def _day(day: date, month: int, calendar: deadline_rules.WorkCalendar, last: dict[date, Deadline]) -> CalendarDay:
    deadline = last.get(day)
    mark = _("休") if day in calendar.off else _("班") if day in calendar.worked else ""
    return CalendarDay(
        day=day,
        is_in_month=day.month == month,
        is_off=not calendar.is_working(day),
        mark=_("截止") if deadline else mark,
        deadline=deadline,
    )


def coming_deadlines(today: date, count: int = 3) -> list[tuple[TaxPeriod, Deadline]]:
    """Return the next deadlines with the month each one declares."""
    found, seasons = list[tuple[TaxPeriod, Deadline]](), Seasons()
    declared = TaxPeriod.of_month(today).previous().previous()
    while len(found) < count:
        last = seasons.of_period(declared)
        if last.date >= today:
            found.append((declared, last))
        declared = declared.next()
    return found
