"""What the API shows of invoices."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from devices.choices import InvoiceKind
from invoicing.choices import InvoiceState
from invoicing.filters import SORTS, InvoiceFilters
from invoicing.models import Invoice, InvoiceLine, InvoiceVehicle
from invoicing.state_words import state_words
from taxhall.common.periods import TaxPeriod
from taxhall.common.rates import TaxRate


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """One invoice in a list."""

    kind_name = serializers.CharField(source="get_kind_display", read_only=True)
    state_name = serializers.CharField(source="get_state_display", read_only=True)
    # A digital invoice has none.
    device = serializers.CharField(source="device.serial", read_only=True, default="")
    taxpayer_number = serializers.CharField(source="seller_number", read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id",
            "taxpayer_number",
            "device",
            "kind",
            "kind_name",
            "state",
            "state_name",
            "code",
            "number",
            "dated_on",
            "issued_at",
            "buyer_number",
            "buyer_name",
            "amount",
            "tax",
            "total",
            "is_uploaded",
            "voided_at",
        ]
        read_only_fields = fields


class InvoiceLineSerializer(serializers.ModelSerializer[InvoiceLine]):
    """One line of the face."""

    class Meta:
        model = InvoiceLine
        fields = [
            "position",
            "line_kind",
            "name",
            "tax_code",
            "spec",
            "unit",
            "quantity",
            "price",
            "is_tax_inclusive",
            "amount",
            "rate",
            "zero_mark",
            "rate_reason",
            "tax",
        ]
        read_only_fields = fields


class InvoiceVehicleSerializer(serializers.ModelSerializer[InvoiceVehicle]):
    """The vehicle of a vehicle invoice."""

    class Meta:
        model = InvoiceVehicle
        exclude = ["invoice"]


class StatusSerializer(serializers.Serializer[Any]):
    """What the state means, in the words of the page."""

    tone = serializers.CharField()
    word = serializers.CharField()
    sentence = serializers.CharField()
    next_step = serializers.CharField()


class InvoiceDetailSerializer(InvoiceSerializer):
    """One invoice with everything on its face and what the disk signed."""

    status = serializers.SerializerMethodField()
    lines = InvoiceLineSerializer(many=True, read_only=True)
    vehicle = InvoiceVehicleSerializer(read_only=True, default=None)

    class Meta(InvoiceSerializer.Meta):
        fields = [
            *InvoiceSerializer.Meta.fields,
            "status",
            "blue",
            "red_reason",
            "red_amount",
            "red_tax",
            "seller_name",
            "seller_address",
            "seller_bank",
            "buyer_address",
            "buyer_bank",
            "remark",
            "payee",
            "reviewer",
            "drawer_name",
            "counter",
            "check_code",
            "cipher_text",
            "signed_message",
            "void_reason",
            "void_message",
            "error_code",
            "error_text",
            "error_next_step",
            "lines",
            "vehicle",
        ]
        read_only_fields = fields

    @extend_schema_field(StatusSerializer)
    def get_status(self, invoice: Invoice) -> dict[str, str]:
        """Return the word and the sentence that the page shows."""
        words = state_words(invoice)
        return {
            "tone": words.tone,
            "word": words.word,
            "sentence": words.sentence,
            "next_step": words.next_step,
        }


class InvoiceQuerySerializer(serializers.Serializer[Any]):
    """The filters of the list."""

    taxpayer = serializers.CharField(required=False, max_length=20, help_text=_("纳税人识别号"))
    period = serializers.RegexField(r"^\d{4}-(\d{2}|Q[1-4])$", required=False, help_text=_("2026-11 或 2026-Q4"))
    kind = serializers.ChoiceField(InvoiceKind.choices, required=False)
    state = serializers.ChoiceField(InvoiceState.choices, required=False)
    rate = serializers.ChoiceField(TaxRate.choices, required=False)
    buyer = serializers.CharField(required=False, max_length=100)
    number = serializers.CharField(required=False, max_length=20)
    device = serializers.CharField(required=False, max_length=12)
    amount_from = serializers.DecimalField(18, 2, required=False)
    amount_to = serializers.DecimalField(18, 2, required=False)
    unsent = serializers.BooleanField(required=False, default=False)
    sort = serializers.ChoiceField([key for key in SORTS if key], required=False)

    def validate_period(self, value: str) -> TaxPeriod:
        """Read the period. Raises: ValidationError for a month that does not exist."""
        try:
            return TaxPeriod.parse(value)
        except ValueError as error:
            raise serializers.ValidationError(_("没有这个所属期。")) from error

    def filters(self) -> InvoiceFilters:
        """Return the filters of a valid query."""
        data = self.validated_data
        return InvoiceFilters(
            period=data.get("period"),
            kind=data.get("kind", ""),
            states=(data["state"],) if "state" in data else (),
            rate=data.get("rate", ""),
            buyer=data.get("buyer", ""),
            number=data.get("number", ""),
            device_serial=data.get("device", ""),
            amount_from=data.get("amount_from"),
            amount_to=data.get("amount_to"),
            not_uploaded=data["unsent"],
            sort=data.get("sort", ""),
        )
