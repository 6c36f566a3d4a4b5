"""演示日期: the demo's business day moves forward to the next season, once per press."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.conf import LazySettings
from django.test import Client

from taxhall.common import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock_of_its_own(settings: LazySettings, tmp_path: object) -> None:
    settings.HALL_VAR = tmp_path


def test_it_moves_to_the_third_of_next_month(taxpayer_client: Client, frozen_day: datetime) -> None:
    page = taxpayer_client.get("/demo/clock/").content.decode()
    assert "快进到下一征期：2026-12-03（周四）" in page
    taxpayer_client.post("/demo/clock/", {"target": "2026-12-03"})
    assert clock.today() == date(2026, 12, 3)


def test_a_second_press_of_the_same_page_skips_no_month(taxpayer_client: Client, frozen_day: datetime) -> None:
    taxpayer_client.post("/demo/clock/", {"target": "2026-12-03"})
    taxpayer_client.post("/demo/clock/", {"target": "2026-12-03"})
    assert clock.today() == date(2026, 12, 3)


@pytest.mark.parametrize("target", ["2026-11-03", "2027-12-03", "soon", ""])
def test_any_other_day_changes_nothing(taxpayer_client: Client, frozen_day: datetime, target: str) -> None:
    taxpayer_client.post("/demo/clock/", {"target": target})
    assert clock.today() == date(2026, 11, 16)


def test_outside_the_demo_there_is_no_such_page(taxpayer_client: Client, settings: LazySettings) -> None:
    settings.HALL_DEMO = False
    assert taxpayer_client.get("/demo/clock/").status_code == 404
    assert taxpayer_client.post("/demo/clock/", {"target": "2026-12-03"}).status_code == 404
