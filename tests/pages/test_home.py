"""The public front page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
Freeze = Callable[[str], datetime]


def test_it_says_how_long_the_season_lasts(client: Client, freeze: Freeze) -> None:
    freeze("2026-12-12 10:00")
    text = client.get("/").content.decode()
    assert "12 月征期截至 2026-12-15（周二）" in text
    assert "还有 3 天" in text


def test_after_the_season_it_names_the_next(client: Client, freeze: Freeze) -> None:
    freeze("2026-12-20 10:00")
    assert "下一征期是 1 月" in client.get("/").content.decode()


def test_it_carries_the_demo_mark_and_one_heading(client: Client, frozen_day: datetime) -> None:
    text = client.get("/").content.decode()
    assert "演示系统，不与真实税务机关相连" in text
    assert "2026-11-16（周一）" in text
    assert text.count("<h1") == 1


def test_whoever_is_signed_in_gets_to_the_desk(taxpayer_client: Client) -> None:
    text = taxpayer_client.get("/").content.decode()
    assert "进入我的待办" in text
    assert taxpayer_client.taxpayer.name in text  # type: ignore[attr-defined]


def test_no_page_may_be_framed_or_run_foreign_code(client: Client) -> None:
    policy = client.get("/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
