"""Reads of the work calendar and the filing deadlines."""

from __future__ import annotations

import calendar as month_calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

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


def season_deadline(
    year: int, month: int, *, bureau: Bureau | None = None, closures: Iterable[Closure] | None = None
) -> Deadline:
    """Return the last day of one calendar month's season: the stored row, else the computation.

    Declared outages that reach the bureau's companies move it; without a bureau, those of the city's.
    """
    found = _announced(year, month)
    if closures is None:
        reach = Outage.objects.in_force().that_reach(bureau).select_related(None)
        moment = timezone.make_aware(datetime.combine(found.date, time.min))
        closures = [each.closure for each in reach.filter(ends_at__gt=moment)]
    closures = list(closures)
    if not any(each.first <= found.date <= each.last for each in closures):
        return found
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


def _announced(year: int, month: int) -> Deadline:
    row = TaxDeadline.objects.filter(year=year, month=month).first()
    if row is not None:
        return Deadline(row.deadline, row.source, row.basis == DeadlineBasis.ESTIMATED)
    start = date(year, month, 1)
    computed = deadline_rules.season_deadline(work_calendar(start, start + timedelta(days=31)), year, month)
    known = Holiday.objects.filter(day__year=year).exists()
    source = _("按节假日安排推算，以税务机关公告为准") if known else _("仅按周末推算，以税务机关公告为准")
    return Deadline(computed, source, is_estimated=True)


def deadline_for(month: TaxPeriod, *, bureau: Bureau | None = None) -> Deadline:
    """Return the last day to file for a period; it falls in the month after the period's end."""
    season = month.end + timedelta(days=1)
    return season_deadline(season.year, season.month, bureau=bureau)


def month_table(year: int, month: int, *, bureau: Bureau | None = None) -> list[list[CalendarDay]]:
    """Return the weeks of a month with their marks: 截止, 休, 班."""
    weeks = month_calendar.Calendar().monthdatescalendar(year, month)
    calendar = work_calendar(weeks[0][0], weeks[-1][-1])
    before = date(year, month, 1) - timedelta(days=1)
    # An outage may have moved the season of the month before into this one.
    found = [season_deadline(each.year, each.month, bureau=bureau) for each in (before, date(year, month, 1))]
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
    found: list[tuple[TaxPeriod, Deadline]] = []
    declared = TaxPeriod.of_month(today).previous().previous()
    while len(found) < count:
        last = deadline_for(declared)
        if last.date >= today:
            found.append((declared, last))
        declared = declared.next()
    return found
