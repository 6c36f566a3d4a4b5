"""Connections: kept and tried, and no transaction that stands still holds others up."""

from __future__ import annotations

import psycopg2
import pytest
from django.db import connection

from taxhall.settings import base


def test_whoever_idles_longer_than_a_lease_loses_its_locks() -> None:
    found = base._database("postgres://hall:secret@db.internal/hall?sslmode=require")
    assert found["OPTIONS"] == {
        "options": f"-c idle_in_transaction_session_timeout={base.HALL_LEASE_SECONDS}s",
        "sslmode": "require",
    }
    assert found["CONN_HEALTH_CHECKS"]


def test_a_site_may_name_its_own_options() -> None:
    found = base._database("postgres://hall:secret@db.internal/hall?options=-c%20lock_timeout%3D5s")
    assert found["OPTIONS"] == {"options": "-c lock_timeout=5s"}


@pytest.mark.django_db
def test_the_server_takes_what_is_asked_of_it() -> None:
    named = {**connection.get_connection_params(), **base.NO_IDLING}
    for unknown in ("cursor_factory", "context"):
        named.pop(unknown, None)
    link = psycopg2.connect(**named)
    try:
        with link.cursor() as cursor:
            cursor.execute("SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'")
            assert cursor.fetchone() == (base.HALL_LEASE_SECONDS * 1000,)
    finally:
        link.close()
