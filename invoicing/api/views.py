"""The API of invoices: the list, new ones, one of them."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as account_selectors
from accounts.models import User
from invoicing import selectors
from invoicing.api import inputs, serializers
from invoicing.api.acts import ANSWERS, REQUEST_ID, ActView, request_invoice
from invoicing.models import Invoice
from taxhall.common.api import HallAPIView


@extend_schema_view(get=extend_schema(parameters=[serializers.InvoiceQuerySerializer], summary="Invoices"))
class InvoiceListView(ActView, ListAPIView[Any]):
    """Invoices of the companies the caller may see, and new ones."""

    serializer_class = serializers.InvoiceSerializer

    def get_queryset(self) -> Any:
        """Return the invoices that match, newest first; another company's are as absent."""
        if getattr(self, "swagger_fake_view", False):
            return Invoice.objects.none()
        user = cast(User, self.request.user)
        query = serializers.InvoiceQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        number = query.validated_data.get("taxpayer")
        taxpayer = account_selectors.get_taxpayer(visible_to=user, number=number) if number else None
        found = selectors.list_invoices(visible_to=user, taxpayer=taxpayer, filters=query.filters())
        return found.select_related("device")

    @extend_schema(
        operation_id="invoices_create",
        parameters=[REQUEST_ID],
        request=inputs.NewInvoiceSerializer,
        responses=ANSWERS,
        summary="Write an invoice and have it issued",
    )
    def post(self, request: Request) -> Response:  # noqa: ARG002  (DRF's signature)
        """Write an invoice and have it issued: digital at once, any other as soon as its disk answers."""
        return self.told(request_invoice(self))


class InvoiceDetailView(HallAPIView):
    """One invoice with its lines."""

    @extend_schema(responses=serializers.InvoiceDetailSerializer, summary="Invoice with lines")
    def get(self, request: Request, pk: int) -> Response:
        """Return the invoice; another company's is as absent."""
        invoice = selectors.get_invoice(visible_to=cast(User, request.user), pk=pk)
        return Response(serializers.InvoiceDetailSerializer(invoice).data)
