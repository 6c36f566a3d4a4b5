"""The filing deadline computed from the work calendar (征期顺延)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from filing import reference
from filing.choices import HolidayKind
from filing.rules.deadline import WorkCalendar, after_closures, season_deadline, workday_after, workday_back
from filing.shapes import Closure

CALENDAR = WorkCalendar.of(
    off=(day for day, kind, _ in reference.holiday_rows() if kind == HolidayKind.OFF),
    worked=(day for day, kind, _ in reference.holiday_rows() if kind == HolidayKind.WORK),
)
KNOWN = [(year, month, last) for year, month, last, _, _ in reference.deadline_rows() if year >= 2024]


@pytest.mark.parametrize(("year", "month", "last"), [row for row in KNOWN if row[0] == 2026])
def test_the_computation_gives_the_official_table_of_2026(year: int, month: int, last: date) -> None:
    assert season_deadline(CALENDAR, year, month) == last


@pytest.mark.parametrize(("year", "month", "last"), [row for row in KNOWN if row[0] < 2026])
def test_the_computation_gives_the_remembered_tables_before(year: int, month: int, last: date) -> None:
    assert season_deadline(CALENDAR, year, month) == last


def test_a_month_without_holidays_ends_on_the_fifteenth() -> None:
    assert season_deadline(WorkCalendar.of(), 2027, 1) == date(2027, 1, 15)


def test_a_fifteenth_on_a_weekend_moves_to_the_monday() -> None:
    assert season_deadline(WorkCalendar.of(), 2027, 5) == date(2027, 5, 17)


def test_a_block_of_two_days_inside_the_season_does_not_extend_it() -> None:
    calendar = WorkCalendar.of(off=[date(2027, 4, 5), date(2027, 4, 6)])
    assert season_deadline(calendar, 2027, 4) == date(2027, 4, 15)


def test_a_block_of_three_days_extends_it_by_three_working_days() -> None:
    calendar = WorkCalendar.of(off=[date(2027, 4, day) for day in (5, 6, 7)])
    assert season_deadline(calendar, 2027, 4) == date(2027, 4, 20)


def test_only_the_days_of_a_block_that_lie_inside_the_season_count() -> None:
    calendar = WorkCalendar.of(off=[date(2027, 1, 29), date(2027, 1, 30), date(2027, 1, 31), date(2027, 2, 1)])
    assert season_deadline(calendar, 2027, 2) == date(2027, 2, 15)


def test_working_days_skip_holidays_and_count_make_up_days() -> None:
    assert workday_after(CALENDAR, date(2026, 10, 9), 1) == date(2026, 10, 10)  # a Saturday that is worked
    assert workday_after(CALENDAR, date(2026, 9, 30), 1) == date(2026, 10, 8)


@pytest.mark.parametrize("count", [workday_after, workday_back])
def test_counting_no_working_days_is_refused(count: Callable[[WorkCalendar, date, int], date]) -> None:
    with pytest.raises(ValueError, match="from one upwards"):
        count(CALENDAR, date(2026, 11, 16), 0)


@pytest.mark.parametrize(
    ("days", "last"),
    [
        ([(15, 16)], date(2026, 11, 17)),
        ([(16, 20)], date(2026, 11, 23)),  # ends on a Friday
        ([(10, 15)], date(2026, 11, 16)),  # over before the last day
        ([(17, 18)], date(2026, 11, 16)),  # begins after it
        ([(16, 16), (17, 17)], date(2026, 11, 18)),
        ([(17, 17), (16, 16)], date(2026, 11, 18)),
        ([], date(2026, 11, 16)),
    ],
)
def test_an_outage_on_the_last_day_moves_it_to_the_first_working_day_after(
    days: list[tuple[int, int]], last: date
) -> None:
    closures = [Closure(date(2026, 11, first), date(2026, 11, end), "公告") for first, end in days]
    assert after_closures(CALENDAR, date(2026, 11, 16), closures)[0] == last
