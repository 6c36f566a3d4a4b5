"""Reads of changes of the calendar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.choices import ChangeState
from filing.choices import CalendarSubject, HolidayKind
from filing.models import CalendarChange, Holiday, TaxDeadline
from filing.rules import deadline as deadline_rules
from filing.selectors.calendar import season_deadline, work_calendar
from taxhall.common.errors import NotFoundError


@dataclass(frozen=True)
class SeasonEffect:
    """What a change that waits would do to the season of its month."""

    was: date
    now: date

    @property
    def is_moved(self) -> bool:
        """Whether the last day moves at all."""
        return self.was != self.now


def list_calendar_changes() -> QuerySet[CalendarChange]:
    """Return every change of the calendar, newest first: every officer may look."""
    return CalendarChange.objects.select_related("asked_by", "decided_by")


def waiting_calendar_changes() -> QuerySet[CalendarChange]:
    """Return the changes without the second person's word, oldest first."""
    return list_calendar_changes().filter(state=ChangeState.ASKED).order_by("pk")


def get_calendar_change(*, pk: int) -> CalendarChange:
    """Return one change. Raises: NotFoundError."""
    change = list_calendar_changes().filter(pk=pk).first()
    if change is None:
        raise NotFoundError(_("没有找到这项日历变动。"), next_step=_("请回到办税日历查看。"))
    return change


def list_holidays(year: int) -> QuerySet[Holiday]:
    """Return the days of a year that notices move, in order, with their source."""
    return Holiday.objects.filter(day__year=year)


def season_effect(change: CalendarChange) -> SeasonEffect:
    """Return the last day of the month's season before and after a change, in the present calendar."""
    year, month = change.day.year, change.day.month
    was = season_deadline(year, month).date
    if change.subject == CalendarSubject.SEASON:
        return SeasonEffect(was, change.deadline or _computed(year, month))
    if TaxDeadline.objects.filter(year=year, month=month).exists():
        return SeasonEffect(was, was)
    return SeasonEffect(was, _computed(year, month, change))


def _computed(year: int, month: int, change: CalendarChange | None = None) -> date:
    start = date(year, month, 1)
    calendar = work_calendar(start, start + timedelta(days=31))
    if change is not None:
        day = frozenset({change.day})
        calendar = replace(
            calendar,
            off=calendar.off - day | (day if change.kind == HolidayKind.OFF else frozenset()),
            worked=calendar.worked - day | (day if change.kind == HolidayKind.WORK else frozenset()),
        )
    return deadline_rules.season_deadline(calendar, year, month)
