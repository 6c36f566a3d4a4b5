"""Reads of the work calendar and the filing deadlines."""

from __future__ import annotations

import calendar as month_calendar
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from filing.choices import DeadlineBasis, HolidayKind
from filing.models import Holiday, TaxDeadline
from filing.rules import deadline as deadline_rules
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class Deadline:
    """The last day to file for a period, and how sure it is."""

    date: date
    source: str
    is_estimated: bool


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


def season_deadline(year: int, month: int) -> Deadline:
    """Return the last day of one calendar month's season: the stored row, else the computation."""
    row = TaxDeadline.objects.filter(year=year, month=month).first()
    if row is not None:
        return Deadline(row.deadline, row.source, row.basis == DeadlineBasis.ESTIMATED)
    start = date(year, month, 1)
    computed = deadline_rules.season_deadline(work_calendar(start, start + timedelta(days=31)), year, month)
    known = Holiday.objects.filter(day__year=year).exists()
    source = _("按节假日安排推算，以税务机关公告为准") if known else _("仅按周末推算，以税务机关公告为准")
    return Deadline(computed, source, is_estimated=True)


def deadline_for(month: TaxPeriod) -> Deadline:
    """Return the last day to file for a period; it falls in the month after the period's end."""
    season = month.end + timedelta(days=1)
    return season_deadline(season.year, season.month)


def month_table(year: int, month: int) -> list[list[CalendarDay]]:
    """Return the weeks of a month with their marks: 截止, 休, 班."""
    weeks = month_calendar.Calendar().monthdatescalendar(year, month)
    calendar = work_calendar(weeks[0][0], weeks[-1][-1])
    last = season_deadline(year, month)
    return [[_day(day, month, calendar, last) for day in week] for week in weeks]


def _day(day: date, month: int, calendar: deadline_rules.WorkCalendar, last: Deadline) -> CalendarDay:
    is_deadline = day == last.date
    mark = _("休") if day in calendar.off else _("班") if day in calendar.worked else ""
    return CalendarDay(
        day=day,
        is_in_month=day.month == month,
        is_off=not calendar.is_working(day),
        mark=_("截止") if is_deadline else mark,
        deadline=last if is_deadline else None,
    )


def coming_deadlines(today: date, count: int = 3) -> list[tuple[TaxPeriod, Deadline]]:
    """Return the next deadlines with the month each one declares."""
    found: list[tuple[TaxPeriod, Deadline]] = []
    declared = TaxPeriod.of_month(today).previous()
    while len(found) < count:
        last = deadline_for(declared)
        if last.date >= today:
            found.append((declared, last))
        declared = declared.next()
    return found
