"""Filing in the admin: records are only looked at, by operators too."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from filing import models
from tests.factories.accounts import OfficerFactory

pytestmark = pytest.mark.django_db
RECORDS = [
    models.TaxReturn,
    models.Payment,
    models.ComparisonRun,
    models.PolicyRule,
    models.TaxDeadline,
    models.Holiday,
    models.CalendarChange,
]


@pytest.fixture
def request_of_operator() -> Any:
    """Return a request of an operator."""
    request = RequestFactory().get("/admin/")
    request.user = OfficerFactory(is_superuser=True)
    return request


@pytest.mark.parametrize("model", RECORDS)
def test_records_are_only_looked_at(request_of_operator: Any, model: Any) -> None:
    page = admin.site._registry[model]
    assert not page.has_add_permission(request_of_operator)
    assert not page.has_change_permission(request_of_operator)
    assert not page.has_delete_permission(request_of_operator)
