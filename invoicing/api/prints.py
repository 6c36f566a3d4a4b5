"""The API of printed faces: a preview is read, a print is an act."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import User
from invoicing import selectors, services
from invoicing.choices_files import PrintMode, PrintPaper
from invoicing.models import Invoice
from invoicing.printing import PrintOptions
from taxhall.common.api import HallAPIView, StrictSerializer

PDF = {(200, "application/pdf"): OpenApiTypes.BINARY}


class PrintSerializer(StrictSerializer):
    """How an invoice is printed."""

    mode = serializers.ChoiceField(PrintMode.choices, default=PrintMode.WHOLE)
    paper = serializers.ChoiceField(PrintPaper.choices, default=PrintPaper.OWN)
    copies = serializers.ListField(child=serializers.SlugField(max_length=20), default=list, max_length=6)
    confirm = serializers.BooleanField(default=False)


class InvoicePdfView(HallAPIView):
    """The face of one invoice; a print that was counted is not handed out again by its key."""

    keeps_body = False

    @extend_schema(operation_id="invoices_pdf_preview", responses=PDF, summary="Preview of the face")
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Return the face, marked as a preview; nothing is counted."""
        invoice = self._invoice(request, pk)
        return self._answer(invoice, services.preview_invoice(invoice=invoice, options=PrintOptions(is_preview=True)))

    @extend_schema(operation_id="invoices_pdf_print", request=PrintSerializer, responses=PDF, summary="Print the face")
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Return the face and count the print; one that was printed before asks for `confirm`."""
        serializer = PrintSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        chosen: dict[str, Any] = dict(serializer.validated_data)
        invoice = self._invoice(request, pk)
        is_confirmed = chosen.pop("confirm")
        options = PrintOptions(**chosen | {"copies": tuple(chosen["copies"])})
        content = services.print_invoice(
            actor=cast(User, request.user), invoice=invoice, options=options, is_confirmed=is_confirmed
        )
        return self._answer(invoice, content)

    @staticmethod
    def _invoice(request: Request, pk: int) -> Invoice:
        return selectors.get_invoice(visible_to=cast(User, request.user), pk=pk)

    @staticmethod
    def _answer(invoice: Invoice, content: bytes) -> HttpResponse:
        response = HttpResponse(content, content_type="application/pdf")
        name = f"{invoice.file_stem}.pdf"
        response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
        response.headers["Cache-Control"] = "private, no-store"
        return response
