"""Cases in the console: looked at, searched, never changed here; the review page calls the services."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import User
from clearcard import selectors
from clearcard.models import CaseTransition, Certificate, ClearCardCase, ReviewResult
from taxhall.common.admin import ReadOnlyAdmin, ReadOnlyInline


class TransitionInline(ReadOnlyInline):
    """Every step of a case."""

    model = CaseTransition
    fields = ["sequence", "at", "action", "source", "target", "actor", "note"]


class ReviewInline(ReadOnlyInline):
    """What each review rule measured."""

    model = ReviewResult
    fields = ["round", "rule_code", "title", "outcome", "measured"]


@admin.register(ClearCardCase)
class CaseAdmin(ReadOnlyAdmin):
    """Cases of the officer's district."""

    list_display = ["number", "taxpayer", "device", "period_start", "kind", "status", "lane", "submitted_at"]
    list_filter = ["status", "lane", "kind"]
    search_fields = ["=number", "=taxpayer__number", "=device__serial"]
    search_help_text = "申请单号、纳税人识别号或设备编号"
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = [TransitionInline, ReviewInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Narrow to what the officer may see."""
        return selectors.list_cases(visible_to=cast(User, request.user))


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    """Certificates of the officer's district; the verify token is not shown."""

    list_display = ["number", "case", "issued_at", "digest"]
    search_fields = ["=number", "=case__number"]
    fields = ["number", "case", "issued_at", "payload", "digest"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Narrow to what the officer may see."""
        visible = selectors.list_cases(visible_to=cast(User, request.user))
        return super().get_queryset(request).filter(case__in=visible.values("pk")).select_related("case")
