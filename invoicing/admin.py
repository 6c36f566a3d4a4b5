"""Invoices in the console: looked at, searched, never changed."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.district import DistrictAdmin
from accounts.models import User
from invoicing import selectors, services
from invoicing.http import pdf_response
from invoicing.models import Invoice, InvoiceLine
from invoicing.printing import PrintOptions
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

    readonly_fields = ["printed_face"]

    @admin.display(description=_("打印件"))
    def printed_face(self, invoice: Invoice) -> str:
        """Lead to the face as a PDF that is marked as a preview."""
        address = reverse("admin:invoicing_invoice_pdf", args=[invoice.pk])
        return format_html('<a href="{}">{}</a>', address, _("预览打印件（PDF，不计次数）"))

    def get_urls(self) -> list[Any]:
        """Add the address of the face."""
        face = self.admin_site.admin_view(self.face_view)
        return [path("<int:pk>/pdf/", face, name="invoicing_invoice_pdf"), *super().get_urls()]

    def face_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the face of an invoice of the district; nothing is counted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice = selectors.get_invoice(visible_to=cast(User, request.user), pk=pk)
        content = services.preview_invoice(invoice=invoice, options=PrintOptions(is_preview=True))
        return pdf_response(content, name=f"{invoice.file_stem}.pdf")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Narrow to what the officer may see."""
        return selectors.visible_invoices(visible_to=cast(User, request.user)).select_related("taxpayer")
