"""Tax periods: whole months and quarters that compare, iterate and print alike everywhere."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxhall.common.periods import TaxPeriod

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("code", "start", "end", "label"),
    [
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28), "2026 年 2 月"),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29), "2028 年 2 月"),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31), "2026 年 12 月"),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31), "2026 年第 4 季度"),
    ],
)
def test_a_code_names_a_period(code: str, start: date, end: date, label: str) -> None:
    period = TaxPeriod.parse(code)
    assert (period.start, period.end, period.label, period.code, str(period)) == (start, end, label, code, code)


@pytest.mark.parametrize("code", ["2026-13", "2026-00", "2026-Q5", "2026-Q0", "2026-1", "202611", "", "2026-11-01"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        TaxPeriod.parse(code)


def test_a_quarter_beyond_the_year_is_refused() -> None:
    with pytest.raises(ValueError, match="no quarter"):
        TaxPeriod.quarter(2026, 5)


@pytest.mark.parametrize("of", [TaxPeriod.of_month, TaxPeriod.of_quarter])
@given(day=DAYS)
def test_every_day_lies_in_its_period_and_no_other(of: object, day: date) -> None:
    period = of(day)  # type: ignore[operator]
    assert period.contains(day)
    assert not period.next().contains(day)
    assert not period.previous().contains(day)


@pytest.mark.parametrize("of", [TaxPeriod.of_month, TaxPeriod.of_quarter])
@given(day=DAYS)
def test_neighbours_touch_and_lead_back(of: object, day: date) -> None:
    period = of(day)  # type: ignore[operator]
    assert period.next().start == period.end + timedelta(days=1)
    assert period.next().previous() == period
    assert TaxPeriod.parse(period.code) == period


def test_a_quarter_holds_three_months_in_order() -> None:
    assert [month.code for month in TaxPeriod.quarter(2026, 4).months()] == ["2026-10", "2026-11", "2026-12"]
    assert [month.code for month in TaxPeriod.month(2026, 1).months()] == ["2026-01"]


def test_periods_sort_by_time() -> None:
    assert TaxPeriod.month(2025, 12) < TaxPeriod.month(2026, 1) < TaxPeriod.month(2026, 2)
