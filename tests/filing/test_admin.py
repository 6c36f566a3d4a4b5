"""The calendar in the admin: edited through the service, everything else only looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts.models import AuditEvent
from filing import models
from filing.admin import DeadlineForm
from tests.factories.accounts import OfficerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_operator() -> Any:
    """Return a request of an operator."""
    request = RequestFactory().get("/admin/")
    request.user = OfficerFactory(is_superuser=True)
    return request


def test_saving_a_deadline_writes_its_audit_row(request_of_operator: Any) -> None:
    page = admin.site._registry[models.TaxDeadline]
    row = models.TaxDeadline.objects.get(year=2026, month=12)
    row.deadline, row.source = date(2026, 12, 18), "税务机关公告"
    page.save_model(request_of_operator, row, None, True)
    assert models.TaxDeadline.objects.get(year=2026, month=12).deadline == date(2026, 12, 18)
    event = AuditEvent.objects.get(action="filing.deadline_set")
    assert event.actor == request_of_operator.user
    assert event.data["before"]["deadline"] == "2026-12-15"


def test_a_day_outside_the_month_is_told_at_the_field() -> None:
    form = DeadlineForm({"year": 2027, "month": 5, "deadline": "2027-06-01", "basis": "official", "source": "测试"})
    assert not form.is_valid()
    assert "请填写该月内的日期" in form.errors["deadline"]


@pytest.mark.parametrize("model", [models.TaxReturn, models.Payment, models.ComparisonRun, models.PolicyRule])
def test_records_are_only_looked_at(request_of_operator: Any, model: Any) -> None:
    page = admin.site._registry[model]
    assert not page.has_add_permission(request_of_operator)
    assert not page.has_change_permission(request_of_operator)
    assert not page.has_delete_permission(request_of_operator)


@pytest.mark.parametrize("model", [models.TaxDeadline, models.Holiday])
def test_the_calendar_is_never_removed(request_of_operator: Any, model: Any) -> None:
    page = admin.site._registry[model]
    assert page.has_change_permission(request_of_operator)
    assert not page.has_delete_permission(request_of_operator)
