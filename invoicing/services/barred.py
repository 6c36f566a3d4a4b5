"""What becomes of invoices that wait for a disk that was put out of use."""

from __future__ import annotations

from django.db import transaction

from devices import services as device_services
from devices.errors import DeviceUnusableError
from devices.models import Device
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from invoicing.services.orders import find_command
from invoicing.services.perform import IssueErrand, VoidErrand
from taxhall.common.errors import ConflictError


def let_go_invoices(*, device: Device) -> int:
    """Give every order of which nothing was sent back to its author, and return how many.

    What may have been sent stays 待核实: only the disk's own word, or a verified record, leaves that state.
    """
    waiting = Invoice.objects.waiting().filter(device=device).select_related("device")
    return sum(_let_go(invoice, device) for invoice in waiting)


def sweep_barred() -> int:
    """Let go of invoices of disks out of use whose signal was lost, and return how many."""
    waiting = Invoice.objects.filter(state__in=[InvoiceState.ISSUING, InvoiceState.VOIDING])
    devices = Device.objects.filter(barred_at__isnull=False, pk__in=waiting.values("device"))
    return sum(let_go_invoices(device=device) for device in devices)


@transaction.atomic
def _let_go(invoice: Invoice, device: Device) -> bool:
    command = find_command(invoice)
    if command is None:
        return False
    try:
        device_services.cancel_command(actor=None, command=command)
    except ConflictError:
        return False
    errand = (VoidErrand if invoice.is_numbered else IssueErrand)(invoice, command)
    errand.refuse(DeviceUnusableError(f"disk.{device.status}"))
    return True
