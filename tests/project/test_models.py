"""What the models promise, the database holds."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models

from taxhall.common.models import AppendOnlyModel
from taxhall.common.money import MoneyField
from tests.project.sources import APPLICATIONS

OURS = [model for model in apps.get_models() if model._meta.app_label in APPLICATIONS]
FIELDS = [field for model in OURS for field in model._meta.get_fields() if isinstance(field, models.Field)]
STATES = [field for field in FIELDS if field.name in ("status", "state", "lane") and field.choices]


def name_of(field: models.Field) -> str:
    """Return app.Model.field."""
    return f"{field.model._meta.label}.{field.name}"


@pytest.mark.parametrize("field", STATES, ids=name_of)
def test_a_state_is_held_by_a_constraint(field: models.Field) -> None:
    checks = [each for each in field.model._meta.constraints if isinstance(each, models.CheckConstraint)]
    assert [each.name for each in checks if f"'{field.name}" in str(each.condition)] != []


@pytest.mark.django_db
@pytest.mark.parametrize("model", [each for each in OURS if issubclass(each, AppendOnlyModel)], ids=str)
def test_a_record_of_law_is_append_only_in_the_database(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [model._meta.db_table],
        )
        (triggers,) = cursor.fetchone()
    assert triggers > 0


def test_no_float_is_near_money() -> None:
    assert [name_of(field) for field in FIELDS if isinstance(field, models.FloatField)] == []
    amounts = [field for field in FIELDS if "amount" in field.name and isinstance(field, models.DecimalField)]
    assert [name_of(field) for field in amounts if not isinstance(field, MoneyField)] == []


def test_moments_and_days_are_named_so() -> None:
    wrong = [
        name_of(field)
        for field in FIELDS
        if isinstance(field, models.DateTimeField)
        and not field.name.endswith(("_at", "_until", "_since"))
        and field.name not in ("at", "last_login")
    ]
    assert wrong == []


def test_every_model_says_what_a_row_is() -> None:
    assert [model._meta.label for model in OURS if (model.__doc__ or "").startswith(f"{model.__name__}(")] == []
