"""Filing in the admin: records to look at; what is decided here goes through services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.district import DistrictAdmin
from filing import policies, selectors, services
from filing.choices import ExceptionState
from filing.models import (
    CalendarChange,
    ComparisonException,
    ComparisonRun,
    Holiday,
    InactiveSpan,
    InputTransfer,
    InputVoucher,
    Outage,
    Payment,
    PeriodKindChange,
    PolicyBundle,
    PolicyRule,
    Prepayment,
    ReliefRegistration,
    Reminder,
    ReminderRun,
    RuleMeasure,
    RuleTolerance,
    TaxDeadline,
    TaxReturn,
    WhitelistEntry,
)
from filing.rules.comparison import RULES
from taxhall.common.admin import OfficersLook, ReadOnlyAdmin


@admin.register(TaxDeadline)
class TaxDeadlineAdmin(OfficersLook, ReadOnlyAdmin):
    """Last days of the seasons; a row here wins over the computation, and two persons change it in the console."""

    list_display = ["year", "month", "deadline", "basis", "source", "updated_at"]
    list_filter = ["year", "basis"]


@admin.register(Holiday)
class HolidayAdmin(OfficersLook, ReadOnlyAdmin):
    """Days that a holiday notice moves."""

    list_display = ["day", "kind", "source"]
    list_filter = ["kind"]
    date_hierarchy = "day"


@admin.register(CalendarChange)
class CalendarChangeAdmin(OfficersLook, ReadOnlyAdmin):
    """Changes of the calendar, with what the row said before."""

    list_display = ["subject", "day", "kind", "deadline", "source", "state", "asked_by", "decided_by", "decided_at"]
    list_filter = ["subject", "state"]
    date_hierarchy = "day"


@admin.register(Outage)
class OutageAdmin(OfficersLook, ReadOnlyAdmin):
    """Declared outages of the officer's own bureaus."""

    list_display = ["bureau", "starts_at", "ends_at", "source", "state", "asked_by", "decided_by", "decided_at"]
    list_filter = ["state"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outage]:
        """Keep those of the officer's bureaus."""
        return selectors.list_outages(visible_to=request.user)  # type: ignore[arg-type]  # accounts only


@admin.register(PeriodKindChange)
class PeriodKindChangeAdmin(DistrictAdmin):
    """Changes between filing by month and by quarter."""

    list_display = ["taxpayer", "from_kind", "to_kind", "starts_on", "state", "asked_by", "decided_by", "applied_at"]
    list_filter = ["state", "to_kind"]
    list_select_related = ["taxpayer"]


@admin.register(InactiveSpan)
class InactiveSpanAdmin(DistrictAdmin):
    """Declared inactivity."""

    list_display = ["taxpayer", "starts_on", "ends_on", "state", "ended_on", "invoice_number", "declared_by"]
    list_filter = ["state"]
    list_select_related = ["taxpayer"]


@admin.register(PolicyRule)
class PolicyRuleAdmin(OfficersLook, ReadOnlyAdmin):
    """Policy values by date."""

    list_display = ["code", "key", "value", "valid_from", "valid_to", "basis", "is_certain"]
    list_filter = ["code", "is_certain"]


@admin.register(PolicyBundle)
class PolicyBundleAdmin(OfficersLook, ReadOnlyAdmin):
    """Policy bundles as they were loaded."""

    list_display = ["version", "title", "issued_on", "digest", "draft_count", "loaded_by", "at"]


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
    list_display = [
        "key",
        "tax_return",
        "amount",
        "late_fee",
        "received_amount",
        "state",
        "treasury_reference",
        "received_at",
    ]
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


class ExceptionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What the exception post decides."""

    class Meta:
        model = ComparisonException
        fields = ["state", "decision"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "state" in self.fields:
            self.fields["state"].choices = [  # type: ignore[attr-defined]  # a choice field
                each for each in ExceptionState.choices if each[0] != ExceptionState.OPEN
            ]
            self.fields["decision"].required = True


@admin.register(ComparisonException)
class ComparisonExceptionAdmin(DistrictAdmin):
    """What was handed to the exception post; decided here, through the service."""

    form = ExceptionForm
    list_display = ["taxpayer", "compared_start", "state", "due_on", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["taxpayer"]
    readonly_fields = ["taxpayer", "period_in_words", "comparison", "what_differs", "explanation", "due_on"]
    fields = [*readonly_fields, "state", "decision"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ComparisonException]:
        """Bring the company and the comparison along: title and fields name both."""
        found: QuerySet[ComparisonException] = super().get_queryset(request)
        return found.select_related("taxpayer", "run")

    @admin.display(description=_("比对期"))
    def period_in_words(self, obj: ComparisonException) -> str:
        """Name the period that was compared."""
        return obj.compared.label

    @admin.display(description=_("比对"))
    def comparison(self, obj: ComparisonException) -> str:
        """Say when it was compared, and with what outcome."""
        at = timezone.localtime(obj.run.at)
        return f"{at:%Y-%m-%d %H:%M} {obj.run.get_outcome_display()}"

    @admin.display(description=_("不符项"))
    def what_differs(self, obj: ComparisonException) -> str:
        """Name each rule and by how much it is broken."""
        titles = {rule.code: rule.title for rule in RULES}
        words = gettext("%(code)s %(title)s：相差 %(gap)s 元")
        rows = [
            words % {"code": code, "title": titles.get(code, ""), "gap": f"{abs(Decimal(gap)):,.2f}"}
            for code, gap in obj.differences.items()
        ]
        return format_html_join("", "<div>{}</div>", ((row,) for row in rows))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let the exception post decide what is open."""
        if obj is None or obj.state != ExceptionState.OPEN:
            return False
        return policies.can_decide_exception(request.user, obj)  # type: ignore[arg-type]  # accounts only

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Decide through the service, which compares anew and tells the taxpayer."""
        del change
        services.decide_exception(
            actor=request.user,  # type: ignore[arg-type]  # the admin lets only accounts in
            exception=obj,
            is_lifted=form.cleaned_data["state"] == ExceptionState.LIFTED,
            decision=form.cleaned_data["decision"],
        )


@admin.register(WhitelistEntry)
class WhitelistEntryAdmin(DistrictAdmin):
    """Rules that do not block a taxpayer."""

    list_display = ["taxpayer", "rule_code", "valid_from", "valid_to", "state", "reason", "source"]
    list_filter = ["state"]
    list_select_related = ["taxpayer"]


@admin.register(RuleMeasure)
class RuleMeasureAdmin(OfficersLook, ReadOnlyAdmin):
    """Rules put off or held to another tolerance for a time."""

    list_display = ["rule_code", "kind", "amount", "valid_from", "valid_to", "state", "reason"]
    list_filter = ["kind", "state"]


@admin.register(InputVoucher)
class InputVoucherAdmin(DistrictAdmin):
    """Deduction vouchers."""

    list_display = ["taxpayer", "kind", "code", "number", "dated_on", "amount", "tax", "state", "period_start"]
    list_filter = ["kind", "state"]
    list_select_related = ["taxpayer"]


@admin.register(InputTransfer)
class InputTransferAdmin(DistrictAdmin):
    """Input tax transferred out."""

    list_display = ["taxpayer", "period_start", "line", "tax", "notice_number", "is_cancelled"]
    list_select_related = ["taxpayer"]


@admin.register(Reminder)
class ReminderAdmin(DistrictAdmin):
    """What companies were reminded of."""

    list_display = ["taxpayer", "kind", "subject", "due_on", "step", "at"]
    list_filter = ["kind", "step"]
    list_select_related = ["taxpayer"]
    search_fields = ["taxpayer__number", "taxpayer__name"]


@admin.register(ReminderRun)
class ReminderRunAdmin(OfficersLook, ReadOnlyAdmin):
    """How far each day's reminders have come."""

    list_display = ["day", "reminded", "texted", "companies_done_at", "finished_at"]
