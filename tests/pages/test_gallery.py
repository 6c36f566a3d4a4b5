"""The gallery of parts is for staff of a demo only."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

pytestmark = pytest.mark.django_db


def test_staff_see_every_part(officer_client: Client) -> None:
    text = officer_client.get("/gallery/").content.decode()
    for part in ('class="summary"', 'class="timeline"', 'class="error-summary"', 'class="journey"', 'class="empty"'):
        assert part in text


def test_taxpayers_and_strangers_do_not(client: Client, taxpayer_client: Client) -> None:
    assert client.get("/gallery/").status_code == 404
    assert taxpayer_client.get("/gallery/").status_code == 404


def test_nobody_does_outside_a_demo(officer_client: Client, settings: LazySettings) -> None:
    settings.HALL_DEMO = False
    assert officer_client.get("/gallery/").status_code == 404
