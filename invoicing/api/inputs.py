"""What the API takes for acts on invoices: type and shape only, the rules are those of the pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from devices.choices import DIGITAL_KINDS
from invoicing.choices import OFFERED_KINDS, RateReason, RedReason
from invoicing.drafts import InvoiceDraft, LineDraft, VehicleDraft
from invoicing.rules.issuing import ANNEX_LINES
from taxhall.common.api import StrictSerializer
from taxhall.common.rates import TaxRate


def _text(length: int, **kwargs: Any) -> serializers.CharField:
    return serializers.CharField(max_length=length, required=False, allow_blank=True, default="", **kwargs)


def _number(digits: int, places: int) -> serializers.DecimalField:
    least = Decimal(0)
    return serializers.DecimalField(digits, places, min_value=least, required=False, allow_null=True, default=None)


class LineSerializer(StrictSerializer):
    """One line; price, amount and discount include the tax when the invoice says so."""

    name = serializers.CharField(max_length=100)
    tax_code = _text(19)
    spec = _text(40)
    unit = _text(22)
    quantity = _number(20, 8)
    price = _number(20, 8)
    amount = _number(14, 2)
    discount = _number(14, 2)
    rate = serializers.ChoiceField(TaxRate.choices)
    rate_reason = serializers.ChoiceField(RateReason.choices, required=False, allow_blank=True, default="")
    is_export = serializers.BooleanField(default=False)


class VehicleSerializer(StrictSerializer):
    """The vehicle of a 机动车销售统一发票."""

    vehicle_type = _text(40)
    brand_model = _text(60)
    origin = _text(40)
    vin = _text(23)
    engine_number = _text(50)
    certificate_number = _text(50)
    import_certificate = _text(50)
    inspection_number = _text(50)
    tax_receipt = _text(40)
    tonnage = _number(8, 3)
    seats = serializers.IntegerField(min_value=1, max_value=300, required=False, allow_null=True, default=None)


class NewInvoiceSerializer(StrictSerializer):
    """A whole invoice, and whether it is issued at once."""

    taxpayer = serializers.CharField(max_length=20, help_text=_("销售方纳税人识别号"))
    device = _text(12, help_text=_("税控设备编号；数电票留空"))
    kind = serializers.ChoiceField(OFFERED_KINDS)
    is_issued = serializers.BooleanField(default=True, help_text=_("false：只保存草稿"))
    buyer_name = _text(100)
    buyer_number = _text(20)
    buyer_address = _text(100)
    buyer_bank = _text(100)
    remark = _text(230)
    payee = _text(8)
    reviewer = _text(8)
    is_tax_inclusive = serializers.BooleanField(default=False)
    deduction = _number(14, 2)
    lines: Any = serializers.ListSerializer(child=LineSerializer(), allow_empty=False, max_length=ANNEX_LINES)
    vehicle = VehicleSerializer(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a disk where the kind needs one. Raises: ValidationError."""
        if attrs["kind"] not in DIGITAL_KINDS and not attrs["device"]:
            raise serializers.ValidationError({"device": [_("请填写税控设备编号；只有数电票不需要。")]})
        return attrs

    def draft(self) -> InvoiceDraft:
        """Return what was entered, of a valid request."""
        data = dict(self.validated_data)
        vehicle = data.pop("vehicle")
        lines = tuple(LineDraft(**line) for line in data.pop("lines"))
        for name in ("taxpayer", "device", "is_issued"):
            del data[name]
        return InvoiceDraft(lines=lines, vehicle=None if vehicle is None else VehicleDraft(**vehicle), **data)


class VoidSerializer(StrictSerializer):
    """Why an invoice is voided, its number given again."""

    number = serializers.CharField(max_length=20, help_text=_("发票号码，与票面一致"))
    reason = serializers.CharField(max_length=200)


class RedLineSerializer(StrictSerializer):
    """How much of one line is taken back, without tax."""

    position = serializers.IntegerField(min_value=1, max_value=ANNEX_LINES, help_text=_("蓝字发票的行号"))
    amount = serializers.DecimalField(14, 2, min_value=Decimal(0))


class RedSerializer(StrictSerializer):
    """How an invoice is taken back: directly, or as its form (信息表) or confirmation (确认单) allows."""

    reason = serializers.ChoiceField(RedReason.choices, required=False, help_text=_("普通发票必填"))
    lines: Any = serializers.ListSerializer(
        child=RedLineSerializer(), required=False, allow_empty=False, max_length=ANNEX_LINES
    )
    form_number = _text(20, help_text=_("专用发票：红字信息表编号"))
    confirmation_number = _text(20, help_text=_("数电票：红字发票信息确认单编号"))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for a reason, or for nothing beside what was agreed already. Raises: ValidationError."""
        agreed = [name for name in ("form_number", "confirmation_number") if attrs[name]]
        if len(agreed) > 1:
            raise serializers.ValidationError({name: [_("信息表和确认单只能填写一种。")] for name in agreed})
        if agreed and "lines" in attrs:
            raise serializers.ValidationError({"lines": [_("金额以信息表或确认单为准，请不要再填写。")]})
        if not agreed and "reason" not in attrs:
            raise serializers.ValidationError({"reason": [_("请填写红冲原因。")]})
        return attrs
