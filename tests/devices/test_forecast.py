"""When a ceiling is reached at the pace so far: numbers in, a moment out, nothing guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from devices.rules.forecast import CeilingUse, first_end, hours_end, reached_at

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def use(used: str, limit: str = "100", days: float = 2, name: str = "amount") -> CeilingUse:
    return CeilingUse(name, Decimal(used), Decimal(limit), NOW - timedelta(days=days))


def test_half_used_in_two_days_is_used_up_in_two_more() -> None:
    assert reached_at(use("50"), NOW) == NOW + 2 * DAY


def test_less_than_a_day_counts_as_one() -> None:
    assert reached_at(use("50", days=0.01), NOW) == NOW + DAY


@pytest.mark.parametrize("used", ["100", "130"])
def test_what_is_used_up_is_reached_now(used: str) -> None:
    assert reached_at(use(used), NOW) == NOW


@pytest.mark.parametrize(
    "nothing",
    [
        use("0"),
        use("10", limit="0"),
        CeilingUse("count", Decimal(5), Decimal(10), None),
        use("1", limit="1000000"),
    ],
    ids=["unused", "no ceiling", "no first record", "beyond the horizon"],
)
def test_without_a_pace_nothing_is_said(nothing: CeilingUse) -> None:
    assert reached_at(nothing, NOW) is None


def test_the_hours_are_a_plain_deadline() -> None:
    assert hours_end(NOW - DAY, 72) == NOW + 2 * DAY
    assert hours_end(None, 72) is None
    assert hours_end(NOW, 0) is None


def test_the_first_ceiling_wins() -> None:
    uses = [use("10", name="count"), use("80", name="amount")]
    end = first_end(uses, since=NOW - DAY, hours=72, now=NOW)
    assert end is not None
    assert (end.name, end.at, end.is_reached) == ("amount", NOW + DAY / 2, False)


def test_a_deadline_that_passed_is_reached() -> None:
    end = first_end([], since=NOW - 4 * DAY, hours=72, now=NOW)
    assert end is not None
    assert (end.name, end.is_reached) == ("hours", True)
    assert first_end([], since=None, hours=72, now=NOW) is None
