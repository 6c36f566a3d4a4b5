"""Small reads as one statement that a connection prepares once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from taxhall.common.parts import Part, fetch

DAYS = Part("days", "SELECT %(first)s::date + n AS day, n * 0.5 AS half FROM generate_series(0, %(count)s::int) AS n")
MORE = Part("more", "SELECT %(count)s::int AS count WHERE %(count)s::int > 0")


def ask(count: int) -> dict[str, list[dict[str, Any]]]:
    return fetch(DAYS, MORE, first="2026-10-31", count=count)


def end_backend() -> None:
    """Have the database end the connection of this test, as a restart or a failover would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            # Returns when the backend is gone, or false after so many milliseconds.
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
            assert cursor.fetchone() == (True,)
    finally:
        other.close()


@pytest.mark.django_db
def test_each_part_is_told_by_its_columns_with_exact_fractions(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found = ask(1)
    assert found == {
        "days": [{"day": "2026-10-31", "half": Decimal("0.0")}, {"day": "2026-11-01", "half": Decimal("0.5")}],
        "more": [{"count": 1}],
    }
    assert ask(0)["more"] == []


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_opened_anew_prepares_anew() -> None:
    before = ask(1)
    connection.close()
    assert ask(1) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_connection_that_was_lost_between_two_requests_is_opened_anew(is_known: bool) -> None:
    part = Part("lost", f"SELECT %(count)s::int AS {'known' if is_known else 'unknown'}")
    if is_known:
        fetch(part, count=1)
    end_backend()
    # As at the beginning of the next request.
    connection.health_check_enabled, connection.health_check_done = True, False
    try:
        for _ in range(2):
            assert len(fetch(part, count=1)["lost"]) == 1
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_is_told_in_the_words_of_the_hall() -> None:
    end_backend()
    try:
        with pytest.raises(OperationalError):
            fetch(Part("alone", "SELECT %(count)s::int AS count"), count=1)
    finally:
        connection.close()
