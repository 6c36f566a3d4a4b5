"""Triggers hold what Python guards cannot: raw SQL included."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations import RunSQL

from taxhall.common import triggers

Execute = Callable[[str], None]


@pytest.fixture
def sql(db: None) -> Iterator[Execute]:
    """Return a way to run statements against a small table with one row in state new."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE hall_sample (id int, state text, words text)")
        cursor.execute("INSERT INTO hall_sample VALUES (1, 'new', 'a')")

        def execute(statement: str) -> None:
            with transaction.atomic():
                cursor.execute(statement)

        yield execute


def apply(sql: Execute, operation: RunSQL, *, backwards: bool = False) -> None:
    """Run a migration step by hand."""
    sql(str(operation.reverse_sql if backwards else operation.sql))


@pytest.mark.parametrize("statement", ["UPDATE hall_sample SET words = 'b'", "DELETE FROM hall_sample"])
def test_append_only_rows_are_neither_changed_nor_removed(sql: Execute, statement: str) -> None:
    apply(sql, triggers.append_only("hall_sample"))
    with pytest.raises(IntegrityError, match="hall_sample is append-only"):
        sql(statement)
    sql("INSERT INTO hall_sample VALUES (2, 'new', 'b')")


def test_a_state_changes_only_along_the_listed_pairs(sql: Execute) -> None:
    apply(sql, triggers.allowed_transitions("hall_sample", "state", [("new", "sent"), ("sent", "done")]))
    with pytest.raises(IntegrityError, match="new to done is not allowed"):
        sql("UPDATE hall_sample SET state = 'done'")
    sql("UPDATE hall_sample SET state = 'sent'")
    sql("UPDATE hall_sample SET words = 'b'")
    sql("UPDATE hall_sample SET state = 'done'")
    with pytest.raises(IntegrityError, match="done to new is not allowed"):
        sql("UPDATE hall_sample SET state = 'new'")


def test_both_can_be_taken_back(sql: Execute) -> None:
    for operation in (
        triggers.append_only("hall_sample"),
        triggers.allowed_transitions("hall_sample", "state", [("new", "sent")]),
    ):
        apply(sql, operation)
        apply(sql, operation, backwards=True)
    sql("UPDATE hall_sample SET state = 'done'")
    sql("DELETE FROM hall_sample")
