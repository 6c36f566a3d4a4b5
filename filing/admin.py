"""Filing in the admin: records to look at; the calendar to maintain, through services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.district import DistrictAdmin
from filing import services
from filing.models import (
    ComparisonRun,
    Holiday,
    Payment,
    PolicyRule,
    Prepayment,
    ReliefRegistration,
    RuleTolerance,
    TaxDeadline,
    TaxReturn,
)
from taxhall.common.admin import OfficersLook, ReadOnlyAdmin, ViewAndChangeOnlyAdmin


class DeadlineForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """One month's last day; the month must hold it."""

    class Meta:
        model = TaxDeadline
        fields = ["year", "month", "deadline", "basis", "source"]

    def clean(self) -> dict[str, Any]:
        """Tell at the field what the service would refuse."""
        cleaned = super().clean() or {}
        last = cleaned.get("deadline")
        year, month = cleaned.get("year", self.instance.year), cleaned.get("month", self.instance.month)
        if last and (last.year, last.month) != (year, month):
            self.add_error("deadline", _("请填写该月内的日期"))
        return cleaned


@admin.register(TaxDeadline)
class TaxDeadlineAdmin(ViewAndChangeOnlyAdmin):
    """The one editable page of filing: a row here wins over the computation."""

    form = DeadlineForm
    list_display = ["year", "month", "deadline", "basis", "source", "updated_at"]
    list_filter = ["year", "basis"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep year and month of a row as they are."""
        del request
        return ["year", "month"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, which writes the audit row."""
        del form, change
        row = services.set_deadline(
            actor=request.user,  # type: ignore[arg-type]  # the admin lets only accounts in
            year=obj.year,
            month=obj.month,
            deadline=obj.deadline,
            source=obj.source,
            basis=obj.basis,
        )
        obj.pk = row.pk


@admin.register(Holiday)
class HolidayAdmin(ViewAndChangeOnlyAdmin):
    """Days that a holiday notice moves."""

    list_display = ["day", "kind", "source"]
    list_filter = ["kind"]
    date_hierarchy = "day"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the day of a row as it is."""
        del request
        return ["day"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, which writes the audit row."""
        del form, change
        row = services.set_holiday(
            actor=request.user,  # type: ignore[arg-type]  # the admin lets only accounts in
            day=obj.day,
            kind=obj.kind,
            source=obj.source,
        )
        obj.pk = row.pk


@admin.register(PolicyRule)
class PolicyRuleAdmin(OfficersLook, ReadOnlyAdmin):
    """Policy values by date."""

    list_display = ["code", "key", "value", "valid_from", "valid_to", "basis", "is_certain"]
    list_filter = ["code", "is_certain"]


@admin.register(RuleTolerance)
class RuleToleranceAdmin(OfficersLook, ReadOnlyAdmin):
    """Tolerances of the comparison rules."""

    list_display = ["rule_code", "amount", "valid_from", "source"]


@admin.register(TaxReturn)
class TaxReturnAdmin(DistrictAdmin):
    """Returns."""

    list_display = ["receipt_number", "taxpayer", "period_start", "period_end", "status", "tax_due", "submitted_at"]
    list_filter = ["status", "is_late"]
    search_fields = ["receipt_number", "taxpayer__number", "taxpayer__name"]
    list_select_related = ["taxpayer"]


@admin.register(Payment)
class PaymentAdmin(DistrictAdmin):
    """Payment orders."""

    taxpayer_path = "tax_return__taxpayer"
    list_display = ["key", "tax_return", "amount", "state", "treasury_reference", "received_at"]
    list_filter = ["state"]
    search_fields = ["key", "treasury_reference"]
    list_select_related = ["tax_return"]


@admin.register(ComparisonRun)
class ComparisonRunAdmin(DistrictAdmin):
    """Comparisons."""

    list_display = ["taxpayer", "period_start", "at", "outcome", "is_blocking"]
    list_filter = ["outcome", "is_blocking"]
    list_select_related = ["taxpayer"]


@admin.register(Prepayment)
class PrepaymentAdmin(DistrictAdmin):
    """Prepaid tax."""

    list_display = ["voucher_number", "taxpayer", "paid_on", "amount"]
    list_select_related = ["taxpayer"]


@admin.register(ReliefRegistration)
class ReliefRegistrationAdmin(DistrictAdmin):
    """Relief registrations."""

    list_display = ["taxpayer", "code", "title", "valid_from", "valid_to"]
    list_select_related = ["taxpayer"]
