"""Deadlines and working days from rows, computed where there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from filing import selectors, services
from filing.models import Holiday, TaxDeadline
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import TaxpayerFactory
from tests.factories.devices import DeviceFactory
from tests.factories.filing import TaxDeadlineFactory

pytestmark = pytest.mark.django_db


def test_the_official_row_of_2026_is_told_with_its_source() -> None:
    found = selectors.deadline_for(TaxPeriod.month(2026, 10))
    assert (found.date, found.source, found.is_estimated) == (date(2026, 11, 16), "税总办征科函〔2025〕64号", False)


def test_a_quarter_ends_in_the_season_after_its_last_month() -> None:
    assert selectors.deadline_for(TaxPeriod.quarter(2026, 3)).date == date(2026, 10, 26)


def test_a_row_that_is_computed_or_remembered_says_so() -> None:
    assert selectors.deadline_for(TaxPeriod.month(2024, 1)).is_estimated


def test_2027_is_computed_by_weekends_and_marked() -> None:
    found = selectors.deadline_for(TaxPeriod.month(2027, 4))
    assert (found.date, found.is_estimated) == (date(2027, 5, 17), True)
    assert "以税务机关公告为准" in found.source


def test_december_is_filed_in_january_of_the_next_year() -> None:
    assert selectors.deadline_for(TaxPeriod.month(2025, 12)).date == date(2026, 1, 20)


def test_a_stored_row_wins_over_the_computation() -> None:
    TaxDeadlineFactory(year=2027, month=5, deadline=date(2027, 5, 24), source="测试文号")
    assert selectors.deadline_for(TaxPeriod.month(2027, 4)).date == date(2027, 5, 24)


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_year_of_seasons_reads_rows_outages_and_holidays_once(
    year: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    alone = [selectors.season_deadline(year, month) for month in range(1, 13)]
    seasons = selectors.Seasons()

    with django_assert_max_num_queries(3):
        together = [seasons.of_month(year, month) for month in range(1, 13)]

    assert together == alone


def test_working_days_are_counted_across_the_national_holiday() -> None:
    assert selectors.workday_after(date(2026, 9, 29), 3) == date(2026, 10, 9)
    assert selectors.workday_after(date(2026, 11, 13), 3) == date(2026, 11, 18)


def test_working_days_are_counted_backwards_across_the_national_holiday() -> None:
    assert selectors.workday_back(date(2026, 10, 9), 3) == date(2026, 9, 30)
    assert selectors.workday_back(date(2026, 11, 15), 1) == date(2026, 11, 13)


def test_the_month_table_marks_days_in_letters() -> None:
    weeks = selectors.month_table(2026, 10, seasons=selectors.Seasons())
    marks = {each.day.day: each.mark for week in weeks for each in week if each.is_in_month}
    assert marks[1] == marks[7] == "休"
    assert marks[10] == "班"
    assert marks[26] == "截止"
    assert marks[13] == ""


def test_loading_reference_rows_again_keeps_what_was_edited() -> None:
    TaxDeadline.objects.filter(year=2026, month=11).update(deadline=date(2026, 11, 20), source="改")
    Holiday.objects.filter(day=date(2026, 10, 1)).delete()
    services.load_reference_rows()
    assert TaxDeadline.objects.get(year=2026, month=11).source == "改"
    assert Holiday.objects.filter(day=date(2026, 10, 1)).exists()


def test_load_holidays_adds_the_missing_days_of_a_year(capsys: pytest.CaptureFixture[str]) -> None:
    Holiday.objects.filter(day__year=2026).delete()
    call_command("load_holidays", "2026")
    assert "读入" in capsys.readouterr().out
    seeded = {(day, kind) for day, kind in Holiday.objects.filter(day__year=2026).values_list("day", "kind")}
    from filing import reference

    assert seeded == {(day, kind) for day, kind, _ in reference.holiday_rows() if day.year == 2026}


def test_load_holidays_says_when_the_package_does_not_know_the_year() -> None:
    with pytest.raises(CommandError, match="2099"):
        call_command("load_holidays", "2099")


def test_due_returns_are_this_seasons_and_those_the_disk_still_waits_for() -> None:
    taxpayer = TaxpayerFactory()
    DeviceFactory(taxpayer=taxpayer, period_start=date(2026, 9, 1), period_end=date(2026, 9, 30))
    due = selectors.due_returns(taxpayer=taxpayer, today=date(2026, 11, 5))
    assert [(each.period.code, each.is_overdue) for each in due] == [("2026-09", True), ("2026-10", False)]


def test_nothing_is_due_from_before_the_tax_registration() -> None:
    taxpayer = TaxpayerFactory(registered_on=date(2026, 11, 9))
    assert selectors.due_returns(taxpayer=taxpayer, today=date(2026, 11, 20)) == []
    december = selectors.due_returns(taxpayer=taxpayer, today=date(2026, 12, 3))
    assert [each.period.code for each in december] == ["2026-11"]


@pytest.mark.parametrize(
    ("registered_on", "period_kind", "first"),
    [
        (date(2026, 11, 1), "monthly", "2026-11"),
        (date(2026, 10, 31), "monthly", "2026-10"),
        (date(2026, 10, 1), "quarterly", "2026-Q4"),
        (date(2026, 9, 30), "quarterly", "2026-Q3"),
        (None, "monthly", "2026-09"),
    ],
)
def test_the_first_return_is_that_of_the_period_of_registration(
    registered_on: date | None, period_kind: str, first: str
) -> None:
    taxpayer = TaxpayerFactory(registered_on=registered_on, period_kind=period_kind)
    months = [TaxPeriod.month(2026, number) for number in range(9, 13)]
    found = [period.code for month in months if (period := selectors.return_period(taxpayer, month))]
    assert found[0] == first
    coming = selectors.coming_returns(taxpayer=taxpayer, today=date(2026, 10, 5))
    assert coming[0][0].code == first


def test_a_quarterly_filer_has_nothing_due_between_quarters() -> None:
    taxpayer = TaxpayerFactory(period_kind="quarterly")
    DeviceFactory(taxpayer=taxpayer, period_start=date(2026, 10, 1), period_end=date(2026, 10, 31))
    assert selectors.due_returns(taxpayer=taxpayer, today=date(2026, 11, 5)) == []
    january = selectors.due_returns(taxpayer=taxpayer, today=date(2027, 1, 5))
    assert [each.period.code for each in january] == ["2026-Q4"]
