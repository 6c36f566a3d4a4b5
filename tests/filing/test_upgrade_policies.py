"""A database whose policies were changed by later rows is upgraded to one where no two of them overlap."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from filing.models import PolicyRule

OLD, MIDDLE, NEW = date(2026, 1, 1), date(2026, 6, 1), date(2026, 11, 1)
NO_OVERLAP = next(each for each in PolicyRule._meta.constraints if each.name == "filing_policy_no_overlap")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _before_the_constraint(db: None) -> None:
    with connection.schema_editor() as editor:
        editor.remove_constraint(PolicyRule, NO_OVERLAP)


def add(start: date, end: date | None, value: str) -> None:
    PolicyRule.objects.create(
        code="upgraded", key="rate", value=Decimal(value), valid_from=start, valid_to=end, basis="公告"
    )


def upgraded() -> list[tuple[date, date | None, Decimal]]:
    """Do what the migration does, the constraint included, and return the rows."""
    with connection.schema_editor() as editor:
        import_module("filing.migrations.0006_add_policy_bundles").end_earlier_rows(apps, editor)
        editor.add_constraint(PolicyRule, NO_OVERLAP)
    rows = PolicyRule.objects.filter(code="upgraded").order_by("valid_from")
    return list(rows.values_list("valid_from", "valid_to", "value"))


def test_each_row_ends_the_day_before_the_next() -> None:
    for start, value in ((OLD, "0.01"), (MIDDLE, "0.02"), (NEW, "0.03")):
        add(start, None, value)

    assert upgraded() == [
        (OLD, date(2026, 5, 31), Decimal("0.01")),
        (MIDDLE, date(2026, 10, 31), Decimal("0.02")),
        (NEW, None, Decimal("0.03")),
    ]


def test_a_row_goes_on_after_one_that_held_for_a_while() -> None:
    add(OLD, None, "0.03")
    add(MIDDLE, date(2026, 10, 31), "0.01")

    assert upgraded() == [
        (OLD, date(2026, 5, 31), Decimal("0.03")),
        (MIDDLE, date(2026, 10, 31), Decimal("0.01")),
        (NEW, None, Decimal("0.03")),
    ]


def test_rows_that_follow_each_other_stay_as_they_are() -> None:
    add(OLD, date(2026, 5, 31), "0.03")
    add(MIDDLE, None, "0.01")

    assert upgraded() == [(OLD, date(2026, 5, 31), Decimal("0.03")), (MIDDLE, None, Decimal("0.01"))]
