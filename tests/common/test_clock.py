"""The business clock: real time, and in demo settings a day that can be moved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from taxhall.common import clock


@pytest.fixture(autouse=True)
def own_offset(settings: Any, tmp_path: Any) -> None:
    """Keep the offset file of each test apart."""
    settings.HALL_VAR = tmp_path


def test_the_day_turns_at_midnight_in_xian(freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-16 00:00")
    assert clock.today() == date(2026, 11, 16)
    freeze("2026-11-15 23:59")
    assert clock.today() == date(2026, 11, 15)


def test_the_demo_day_can_be_moved_and_every_reader_sees_it(frozen_day: datetime) -> None:
    clock.set_offset(timedelta(days=20))
    assert clock.now() == frozen_day + timedelta(days=20)
    assert clock.today() == date(2026, 12, 6)


@pytest.mark.parametrize("left", ["", "{", "[]", '{"seconds": "x"}', "null"])
def test_a_damaged_offset_means_none(frozen_day: datetime, left: str) -> None:
    clock.offset_file().write_text(left)
    assert clock.now() == frozen_day


def test_outside_the_demo_the_offset_is_not_looked_at(frozen_day: datetime, settings: Any) -> None:
    clock.set_offset(timedelta(days=20))
    settings.HALL_DEMO = False
    assert clock.now() == frozen_day
    with pytest.raises(RuntimeError, match="demo settings only"):
        clock.set_offset(timedelta())
