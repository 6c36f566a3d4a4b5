"""Invoices in every state that matters, built the way the triggers allow."""

from __future__ import annotations

import itertools
import uuid
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import InvoiceState
from invoicing.models import Invoice, InvoiceLine, InvoiceVehicle
from taxhall.common import clock
from taxhall.common.money import round_money
from taxhall.common.rates import TaxRate
from tests.factories.accounts import TaxpayerFactory, UserFactory
from tests.factories.devices import DeviceFactory

_numbers = itertools.count(10_000_001)
_counters = itertools.count(1)


def line(amount: str = "100.00", rate: str = "1", tax: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return the fields of one line; the tax is computed unless given."""
    value = Decimal(amount)
    computed = round_money(value * TaxRate(rate).fraction)
    return {
        "name": "*信息技术服务*软件维护",
        "tax_code": "3040203000000000000",
        "unit": "项",
        "quantity": Decimal(1),
        "price": value,
        "amount": value,
        "rate": rate,
        "tax": computed if tax is None else Decimal(tax),
        **fields,
    }


class InvoiceFactory(factory.django.DjangoModelFactory):
    """A draft; give `lines=[line(...), ...]`, `vehicle={...}` and `state=` to have it moved there."""

    class Meta:
        model = Invoice

    goal = InvoiceState.DRAFT
    lines = factory.LazyFunction(lambda: [line()])
    taxpayer = factory.SubFactory(TaxpayerFactory)
    device = factory.SubFactory(DeviceFactory, taxpayer=factory.SelfAttribute("..taxpayer"))
    kind = InvoiceKind.ORDINARY
    dated_on = factory.LazyFunction(clock.today)
    seller_number = factory.SelfAttribute("taxpayer.number")
    seller_name = factory.SelfAttribute("taxpayer.name")
    buyer_number = "91610131MA6U8FAK2H"
    buyer_name = "西安买方示例有限公司"
    buyer_address = "西安市高新区科技路 1 号 029-00000000"
    buyer_bank = "示例银行西安分行 6100000000000001"
    drawer = factory.SubFactory(UserFactory)
    drawer_name = "开票员"

    @classmethod
    def _create(cls, model_class: type[Invoice], *_args: Any, **kwargs: Any) -> Invoice:
        goal, lines, vehicle = kwargs.pop("goal"), kwargs.pop("lines"), kwargs.pop("vehicle", None)
        signed = {name: kwargs.pop(name) for name in ("code", "number", "is_uploaded") if name in kwargs}
        kwargs["amount"] = sum((each["amount"] for each in lines), Decimal("0.00"))
        kwargs["tax"] = sum((each["tax"] for each in lines), Decimal("0.00"))
        kwargs["total"] = kwargs["amount"] + kwargs["tax"]
        invoice = model_class.objects.create(**kwargs)
        InvoiceLine.objects.bulk_create(
            InvoiceLine(invoice=invoice, position=position, **each) for position, each in enumerate(lines, start=1)
        )
        if vehicle is not None:
            InvoiceVehicle.objects.create(invoice=invoice, **vehicle)
        _move(invoice, goal, signed)
        return invoice


class IssuingInvoiceFactory(InvoiceFactory):
    """The disk was asked and has not answered."""

    goal = InvoiceState.ISSUING


class IssuedInvoiceFactory(InvoiceFactory):
    """Signed by the disk, number taken."""

    goal = InvoiceState.ISSUED


class VoidedInvoiceFactory(InvoiceFactory):
    """Voided in its month."""

    goal = InvoiceState.VOIDED


class InDoubtInvoiceFactory(InvoiceFactory):
    """The disk's answer to the order to sign was lost."""

    goal = InvoiceState.IN_DOUBT


def _move(invoice: Invoice, goal: str, signed: dict[str, Any]) -> None:
    """Walk the invoice along the allowed transitions up to the goal."""
    if goal == InvoiceState.DRAFT:
        return
    _update(invoice, state=InvoiceState.ISSUING, request_id=uuid.uuid4(), issue_key=uuid.uuid4().hex)
    if goal == InvoiceState.ISSUING:
        return
    if goal == InvoiceState.IN_DOUBT:
        _update(invoice, state=InvoiceState.IN_DOUBT, error_code="disk.outcome_unknown", error_text="未收到设备应答。")
        return
    _sign(invoice, signed)
    if goal in (InvoiceState.VOIDING, InvoiceState.VOIDED):
        _update(invoice, state=InvoiceState.VOIDING, void_request_id=uuid.uuid4(), voided_by=invoice.drawer)
    if goal == InvoiceState.VOIDED:
        _update(invoice, state=InvoiceState.VOIDED, voided_at=clock.now(), void_reason="开票有误")


def _sign(invoice: Invoice, signed: dict[str, Any]) -> None:
    noon = timezone.make_aware(datetime.combine(invoice.dated_on, time(12)))
    if invoice.kind in DIGITAL_KINDS:
        number = signed.get("number") or f"266120000001{next(_numbers):08d}"
        _update(invoice, state=InvoiceState.ISSUED, number=number, issued_at=noon, is_uploaded=True)
        return
    _update(
        invoice,
        state=InvoiceState.ISSUED,
        code=signed.get("code") or ("6100261130" if invoice.kind == InvoiceKind.SPECIAL else "061002600104"),
        number=signed.get("number") or f"{next(_numbers):08d}",
        issued_at=noon,
        counter=next(_counters),
        check_code="12345678901234567890",
        cipher_text="03*<+/-12345" * 7,
        is_uploaded=signed.get("is_uploaded", True),
    )


def _update(invoice: Invoice, **values: Any) -> None:
    Invoice.objects.filter(pk=invoice.pk).update(**values)
    for name, value in values.items():
        setattr(invoice, name, value)
