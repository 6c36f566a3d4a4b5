"""Cases in the console: looked at, searched, never changed here; the review page calls the services."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.district import DistrictAdmin
from accounts.models import User
from clearcard import selectors
from clearcard.models import CaseTransition, Certificate, ClearCardCase, ReviewResult
from taxhall.common.admin import ReadOnlyInline


class TransitionInline(ReadOnlyInline):
    """Every step of a case."""

    model = CaseTransition
    fields = ["sequence", "at", "action", "source", "target", "who", "note"]
    readonly_fields = ["who"]

    @admin.display(description=_("经办"))
    def who(self, row: CaseTransition) -> str:
        """Name the person; the hall itself otherwise."""
        return str(row.actor) if row.actor else gettext("系统")


class ReviewInline(ReadOnlyInline):
    """What each review rule measured."""

    model = ReviewResult
    fields = ["round", "title", "outcome", "measured", "at"]


@admin.register(ClearCardCase)
class CaseAdmin(DistrictAdmin):
    """Cases of the officer's district."""

    list_display = ["number", "taxpayer", "device", "period_start", "kind", "status", "lane", "submitted_at"]
    list_filter = ["status", "lane", "kind"]
    search_fields = ["=number", "=taxpayer__number", "=device__serial"]
    search_help_text = _("申请单号、纳税人识别号或设备编号")
    date_hierarchy = "created_at"
    inlines = [TransitionInline, ReviewInline]
    # What was handed in is shown by the review page, as it was seen and not as it is stored.
    fields = [
        "review_page", "number", "taxpayer", "device", "period_start", "period_end", "kind", "special_reason", "status",
        "round", "submitted_by", "submitted_at", "lane", "first_reviewer", "approver", "decided_at", "reason_code",
        "reason_text", "snapshot_digest", "approved_digest", "command", "failure_code", "failure_text", "old_cut_off",
        "new_cut_off", "cleared_at",
    ]  # fmt: skip
    readonly_fields = ["review_page"]

    @admin.display(description=_("审核页面"))
    def review_page(self, case: ClearCardCase) -> str:
        """Lead to the page where officers work on the case."""
        return format_html('<a href="{}">{}</a>', reverse("admin:clearcard-review", args=[case.number]), case.number)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Narrow to what officers see: those of the district that were handed in."""
        return selectors.list_cases(visible_to=cast(User, request.user))


@admin.register(Certificate)
class CertificateAdmin(DistrictAdmin):
    """Certificates of the officer's district; the verify token is not shown."""

    taxpayer_path = "case__taxpayer"
    list_select_related = ["case"]
    list_display = ["number", "case", "issued_at", "digest"]
    search_fields = ["=number", "=case__number"]
    fields = ["number", "case", "issued_at", "payload", "digest"]
