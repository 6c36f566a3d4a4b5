"""The rows that come with the hall are topped up after a migration, where the schema is today's."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from filing import receivers
from filing.services import reference

BEFORE_CHANGES = ("filing", "0010_let_two_officers_set_rules_aside")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what becomes longer each time the rows are topped up."""
    found: list[str] = []
    monkeypatch.setattr(reference, "load_reference_rows", lambda: found.append("loaded"))
    return found


@pytest.mark.django_db
def test_on_the_way_back_to_an_older_schema_no_rows_of_today_are_loaded(loads: list[str]) -> None:
    older = MigrationLoader(connection).project_state(BEFORE_CHANGES).apps
    receivers.top_up_reference_rows(apps.get_app_config("filing"), apps=older)
    assert loads == []


@pytest.mark.django_db
def test_the_schema_of_today_is_topped_up(loads: list[str]) -> None:
    loader = MigrationLoader(connection)
    today = loader.project_state(loader.graph.leaf_nodes("filing")).apps
    receivers.top_up_reference_rows(apps.get_app_config("filing"), apps=today)
    receivers.top_up_reference_rows(apps.get_app_config("invoicing"), apps=today)
    assert loads == ["loaded"]
