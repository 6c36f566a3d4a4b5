"""Invoices in the console: looked at, searched, never changed."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.district import DistrictAdmin
from accounts.models import User
from invoicing import selectors
from invoicing.models import Invoice, InvoiceLine
from taxhall.common.admin import ReadOnlyInline


class InvoiceLineInline(ReadOnlyInline):
    """The lines on the face."""

    model = InvoiceLine
    fields = ["position", "name", "tax_code", "spec", "unit", "quantity", "price", "amount", "rate", "tax"]


@admin.register(Invoice)
class InvoiceAdmin(DistrictAdmin):
    """Invoices of the taxpayers in the officer's district."""

    list_display = [
        "code",
        "number",
        "dated_on",
        "kind",
        "state",
        "seller_name",
        "buyer_name",
        "amount",
        "tax",
        "total",
    ]
    list_filter = ["state", "kind", "is_uploaded"]
    search_fields = ["=number", "=seller_number", "=buyer_number"]
    search_help_text = _("发票号码、销售方或购买方纳税人识别号")
    date_hierarchy = "dated_on"
    inlines = [InvoiceLineInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Narrow to what the officer may see."""
        return selectors.visible_invoices(visible_to=cast(User, request.user)).select_related("taxpayer")
