"""What a disk signed and a late carrier brought: as good as a prompt answer."""

from __future__ import annotations

import logging
import uuid

from devices.models import Device, DeviceCommand
from devices.protocol.messages import InvoiceOrder, SignedInvoice, SignedVoid
from invoicing.models import Invoice
from invoicing.services.orders import find_command
from invoicing.services.perform import record_issued, record_voided

logger = logging.getLogger(__name__)


def accept_signed(*, device: Device, signed: SignedInvoice | SignedVoid) -> Invoice | None:
    """Record what the disk verifiably signed for an invoice that waits for it (trust.md R-14).

    Returns None when it is not recorded: it is already, or was given back to its author, and then the totals of the
    report show it, or it is of another order. The signature was verified with the enrolled key.
    """
    invoices = Invoice.objects.select_related("device__taxpayer").filter(device=device)
    number = uuid.UUID(signed.request_id)
    is_void = isinstance(signed, SignedVoid)
    invoice: Invoice | None = invoices.filter(**{"void_request_id" if is_void else "request_id": number}).first()
    command = find_command(invoice) if invoice is not None else None
    if invoice is None or command is None or not invoice.is_waiting or invoice.is_numbered != is_void:
        logger.warning("disk %s signed %s, for which nothing waits", device.serial, signed.request_id)
        return None
    if not _is_answer(command, signed):
        logger.warning("disk %s signed another order under the request %s", device.serial, signed.request_id)
        return None
    if isinstance(signed, SignedVoid):
        record_voided(invoice=invoice, command=command, signed=signed)
    else:
        record_issued(invoice=invoice, command=command, signed=signed)
    invoice.refresh_from_db()
    return invoice


def _is_answer(command: DeviceCommand, signed: SignedInvoice | SignedVoid) -> bool:
    if isinstance(signed, SignedVoid):
        return signed.is_of(**command.payload)
    return InvoiceOrder.from_json(command.payload).digest_under(signed.algorithm) == signed.order_digest
