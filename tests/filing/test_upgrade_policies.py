"""A database whose policies were changed by later rows is upgraded to one where no two of them overlap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from filing.models import PolicyRule

BEFORE, AFTER = ("filing", "0005_add_exceptions_of_the_comparison"), ("filing", "0006_add_policy_bundles")
OLD, MIDDLE, NEW = date(2026, 1, 1), date(2026, 6, 1), date(2026, 11, 1)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old_rules() -> Iterator[Any]:
    """Take the schema back to before the constraint, and forth again at the end."""
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate([BEFORE])
    try:
        yield executor.loader.project_state([BEFORE]).apps.get_model("filing", "PolicyRule")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM filing_policyrule WHERE code = 'upgraded'")
        MigrationExecutor(connection).migrate(leaves)


def add(rules: Any, start: date, end: date | None, value: str) -> None:
    rules.objects.create(
        code="upgraded", key="rate", taxpayer_kind="", value=Decimal(value), valid_from=start, valid_to=end,
        basis="公告", is_certain=True,
    )  # fmt: skip


def upgraded() -> list[tuple[date, date | None, Decimal]]:
    MigrationExecutor(connection).migrate([AFTER])
    rows = PolicyRule.objects.filter(code="upgraded").order_by("valid_from")
    return list(rows.values_list("valid_from", "valid_to", "value"))


def test_each_row_ends_the_day_before_the_next(old_rules: Any) -> None:
    for start, value in ((OLD, "0.01"), (MIDDLE, "0.02"), (NEW, "0.03")):
        add(old_rules, start, None, value)

    assert upgraded() == [
        (OLD, date(2026, 5, 31), Decimal("0.01")),
        (MIDDLE, date(2026, 10, 31), Decimal("0.02")),
        (NEW, None, Decimal("0.03")),
    ]


def test_a_row_goes_on_after_one_that_held_for_a_while(old_rules: Any) -> None:
    add(old_rules, OLD, None, "0.03")
    add(old_rules, MIDDLE, date(2026, 10, 31), "0.01")

    assert upgraded() == [
        (OLD, date(2026, 5, 31), Decimal("0.03")),
        (MIDDLE, date(2026, 10, 31), Decimal("0.01")),
        (NEW, None, Decimal("0.03")),
    ]


def test_rows_that_follow_each_other_stay_as_they_are(old_rules: Any) -> None:
    add(old_rules, OLD, date(2026, 5, 31), "0.03")
    add(old_rules, MIDDLE, None, "0.01")

    assert upgraded() == [(OLD, date(2026, 5, 31), Decimal("0.03")), (MIDDLE, None, Decimal("0.01"))]
