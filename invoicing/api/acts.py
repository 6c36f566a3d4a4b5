"""The API of acts on invoices: write, issue, void, red, each by the same service as the pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as account_selectors
from accounts.models import User
from devices import selectors as device_selectors
from devices.choices import DIGITAL_KINDS
from invoicing import selectors, services
from invoicing.api import inputs
from invoicing.api.serializers import InvoiceDetailSerializer
from invoicing.choices import LineKind
from invoicing.errors import RedProblemsError
from invoicing.models import Invoice, RedConfirmation, RedForm
from invoicing.services import Answered, RedWish, RequestId
from taxhall.common.api import KEY_HEADER, HallAPIView
from taxhall.common.errors import InvalidInputError, TaxhallError

REQUEST_ID = OpenApiParameter(
    KEY_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The id of this request, 8 to 128 visible characters, kept for good: the same id with the same "
    "content leads to the same invoice, with other content it is refused (409).",
)
ANSWERS = {
    200: InvoiceDetailSerializer,
    201: InvoiceDetailSerializer,
    202: InvoiceDetailSerializer,
}


class ActView(HallAPIView):
    """What acts have in common: the request id is kept by the service, a repeat is told the present state."""

    keeps_answer = False

    @property
    def actor(self) -> User:
        """Who calls."""
        return cast(User, self.request.user)

    def read(self, serializer_class: Any) -> Any:
        """Return what was sent. Raises: ValidationError."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer

    def invoice(self, pk: int) -> Invoice:
        """Return the invoice; another company's is as absent."""
        return selectors.get_invoice(visible_to=self.actor, pk=pk)

    def asked(self) -> RequestId:
        """Return how the caller names this request."""
        return RequestId(self.idempotency_key, self.request.data)

    def told(self, answered: Answered) -> Response:
        """Answer with the invoice as it is now: 202 while its disk's word is awaited, and where to look."""
        invoice = self.invoice(answered.invoice_id)
        code: int = status.HTTP_200_OK if answered.is_repeat else status.HTTP_201_CREATED
        if invoice.is_waiting:
            code = status.HTTP_202_ACCEPTED
        headers = {"Location": reverse("api-invoice-detail", args=[invoice.pk])}
        if answered.is_repeat:
            headers["Idempotency-Replayed"] = "true"
        return Response(InvoiceDetailSerializer(invoice).data, status=code, headers=headers)

    def handle_exception(self, exc: Exception) -> Response:
        """Name fields of lines and vehicle as the body names them."""
        if isinstance(exc, TaxhallError):
            exc.fields = {_in_body(name): words for name, words in exc.fields.items()}
        return super().handle_exception(exc)


def _in_body(name: str) -> str:
    return name.replace("-", ".") if name.startswith(("lines-", "vehicle-")) else name


class InvoiceIssueView(ActView):
    """Issuing a draft."""

    @extend_schema(
        operation_id="invoices_issue",
        parameters=[REQUEST_ID],
        request=None,
        responses=ANSWERS,
        summary="Issue a draft",
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002  (DRF's signature)
        """Have a draft issued: digital at once, any other as soon as its disk answers."""
        return self.told(services.request_issue(actor=self.actor, invoice=self.invoice(pk), request=self.asked()))


class InvoiceVoidView(ActView):
    """Voiding."""

    @extend_schema(
        operation_id="invoices_void",
        parameters=[REQUEST_ID],
        request=inputs.VoidSerializer,
        responses=ANSWERS,
        summary="Void an invoice",
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Have the disk void an invoice of this month."""
        data = self.read(inputs.VoidSerializer).validated_data
        return self.told(
            services.request_void(actor=self.actor, invoice=self.invoice(pk), request=self.asked(), **data)
        )


class InvoiceCancelView(HallAPIView):
    """Taking an order back."""

    @extend_schema(
        operation_id="invoices_cancel", request=None, responses=InvoiceDetailSerializer, summary="Take an order back"
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take back an order to issue that has not been sent to the disk."""
        actor = cast(User, request.user)
        invoice = services.cancel_issue(actor=actor, invoice=selectors.get_invoice(visible_to=actor, pk=pk))
        return Response(InvoiceDetailSerializer(selectors.get_invoice(visible_to=actor, pk=invoice.pk)).data)


class InvoiceRedView(ActView):
    """Taking an invoice back."""

    @extend_schema(
        operation_id="invoices_red",
        parameters=[REQUEST_ID],
        request=inputs.RedSerializer,
        responses=ANSWERS,
        summary="Take an invoice back by a red one",
    )
    def post(self, request: Request, pk: int) -> Response:  # noqa: ARG002
        """Write the red invoice and have it issued; the answer is the red invoice."""
        data = self.read(inputs.RedSerializer).validated_data
        blue = self.invoice(pk)
        chosen = _chosen(blue, data["lines"]) if "lines" in data else None
        wish = self._wish(blue, data, chosen)
        try:
            return self.told(services.request_red(actor=self.actor, blue=blue, wish=wish, request=self.asked()))
        except RedProblemsError as error:
            places = {f"amount-{line}": f"lines.{place}.amount" for place, line in enumerate(chosen or ())}
            error.fields = {places.get(name, "lines"): words for name, words in error.fields.items()}
            raise

    def _wish(self, blue: Invoice, data: dict[str, Any], chosen: dict[int, Decimal] | None) -> RedWish:
        form = confirmation = None
        who: dict[str, Any] = {"visible_to": self.actor, "taxpayer": blue.taxpayer}
        if number := data["form_number"].strip():
            form = selectors.list_red_forms(**who).filter(number=number, blue=blue).first()
            _require_found("form_number", form)
        if number := data["confirmation_number"].strip():
            confirmation = selectors.list_confirmations(**who).filter(number=number, blue=blue).first()
            _require_found("confirmation_number", confirmation)
        agreed = form or confirmation
        reason = agreed.reason if agreed is not None else data["reason"]
        return RedWish(reason=reason, chosen=chosen, form=form, confirmation=confirmation)


def _require_found(field: str, agreed: RedForm | RedConfirmation | None) -> None:
    if agreed is None:
        raise InvalidInputError(
            _("没有办理：这张发票没有这个编号的信息表或确认单，原发票没有变化。"),
            code="red.agreed_not_found",
            next_step=_("请在大厅的“红字信息表”或“红字确认单”中核对编号。"),
            fields={field: [str(_("没有找到这个编号。"))]},
        )


def _chosen(blue: Invoice, lines: list[dict[str, Any]]) -> dict[int, Decimal]:
    """Return the chosen amounts by line. Raises: InvalidInputError for a line that is not there, or twice."""
    pks = {line.position: line.pk for line in blue.lines.all() if line.line_kind != LineKind.DISCOUNT}
    found: dict[int, Decimal] = {}
    for place, line in enumerate(lines):
        pk = pks.get(line["position"])
        if pk is None or pk in found:
            words = _("原发票没有这一行，或这一行是折扣行。") if pk is None else _("这一行填写了两次。")
            raise InvalidInputError(
                _("红冲的行号有误，没有办理，原发票没有变化。"),
                next_step=_("请按原发票的行号填写。"),
                fields={f"lines.{place}.position": [str(words)]},
            )
        found[pk] = line["amount"]
    return found


def request_invoice(view: ActView) -> Answered:
    """Write a new invoice and have it issued, or leave it a draft."""
    asked = view.read(inputs.NewInvoiceSerializer)
    data = asked.validated_data
    taxpayer = account_selectors.get_taxpayer(visible_to=view.actor, number=data["taxpayer"])
    device = None
    if data["kind"] not in DIGITAL_KINDS:
        device = device_selectors.get_device(visible_to=view.actor, serial=data["device"])
    return services.request_new(
        actor=view.actor,
        taxpayer=taxpayer,
        device=device,
        draft=asked.draft(),
        is_issued=data["is_issued"],
        request=view.asked(),
    )
