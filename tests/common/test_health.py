"""Health: alive, and able to serve."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client


def test_alive_asks_nothing_of_anybody(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_with_database_and_broker(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "up", "broker": "up"}


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"])
def test_a_dead_broker_is_told_but_pages_are_served(client: Client, settings: Any, url: str) -> None:
    settings.REDIS_URL = url
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["broker"] == "down"


def test_without_the_database_nothing_can_be_served(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "down"


def test_health_cannot_be_posted_to(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
