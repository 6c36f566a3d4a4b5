"""Load a year's holidays and make-up days from the chinesecalendar package."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.metadata import version
from typing import Any

import chinese_calendar
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from filing import services
from filing.choices import HolidayKind
from filing.models import Holiday


class Command(BaseCommand):
    """Fill the work calendar of one year; days that are there already stay as they are."""

    help = (
        "从 chinesecalendar 软件包读入某一年的放假与调休安排，用于推算征期截止日。已有的日期不改动。"
        "年度征期通知（TaxDeadline）仍然优先于推算。退出码：0 已读入，1 软件包没有这一年。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the year."""
        parser.add_argument("year", type=int, help="年份，例如 2026")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Add the missing days and say how many."""
        year = options["year"]
        found = dict(_moved_days(year))
        known = set(Holiday.objects.filter(day__year=year).values_list("day", flat=True))
        source = f"chinesecalendar {version('chinesecalendar')}"
        for day, kind in sorted(found.items()):
            if day not in known:
                services.add_holiday(day=day, kind=kind, source=source)
        self.stdout.write(
            _("%(year)s 年：读入 %(new)s 天，已有 %(old)s 天。")
            % {"year": year, "new": len(set(found) - known), "old": len(known)}
        )


def _moved_days(year: int) -> list[tuple[date, HolidayKind]]:
    """Return holidays (weekends inside a block included) and weekend days that are worked."""
    day, found = date(year, 1, 1), []
    while day.year == year:
        try:
            is_off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError as error:
            why = f"chinesecalendar 还没有 {year} 年的安排，请等软件包更新，"
            raise CommandError(f"{why}或由税务人员在工作台的“办税日历”提出、另一人确认。", returncode=1) from error
        if is_off and (name is not None or day.weekday() < 5):
            found.append((day, HolidayKind.OFF))
        elif not is_off and day.weekday() >= 5:
            found.append((day, HolidayKind.WORK))
        day += timedelta(days=1)
    return found
