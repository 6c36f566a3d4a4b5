"""The order a disk is asked to sign, and its command in the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from devices.choices import CommandKind
from devices.models import DeviceCommand
from devices.protocol.messages import InvoiceOrder, RateTotal
from invoicing import rules
from invoicing.models import Invoice, InvoiceLine
from taxhall.common.prepared import Prepared, Slot

_COMMAND: Prepared[DeviceCommand] = Prepared(lambda: DeviceCommand.objects.filter(kind=Slot("kind"), key=Slot("key")))


def order_of(invoice: Invoice, lines: Iterable[InvoiceLine], *, at: datetime) -> InvoiceOrder:
    """Return what the disk is asked to sign for the invoice."""
    rows = rules.rate_totals([(line.rate, line.amount, line.tax) for line in lines])
    return InvoiceOrder(
        request_id=invoice.request_id.hex,
        kind=invoice.kind,
        issued_at=at.replace(microsecond=0),
        buyer_number=invoice.buyer_number,
        buyer_name=invoice.buyer_name,
        amount=invoice.amount,
        tax=invoice.tax,
        is_red=invoice.is_red,
        totals=tuple(RateTotal(rate=rate, amount=amount, tax=tax) for rate, amount, tax in rows),
    )


def issue_key(invoice: Invoice) -> str:
    """Return the business key of the current attempt to issue."""
    return f"invoicing.issue:{invoice.request_id.hex}"


def void_key(invoice: Invoice) -> str:
    """Return the business key of the current attempt to void."""
    return f"invoicing.void:{invoice.void_request_id.hex if invoice.void_request_id else ''}"


def find_command(invoice: Invoice) -> DeviceCommand | None:
    """Return the outbox row the invoice waits for: of the void once it has a number, else of the issue."""
    kind, key = (
        (CommandKind.VOID, void_key(invoice)) if invoice.is_numbered else (CommandKind.ISSUE, issue_key(invoice))
    )
    return _COMMAND.first(kind=kind, key=key)
