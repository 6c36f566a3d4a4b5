"""Ring again for invoices whose bell was lost, or whose next try is due."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from devices import services as device_services
from devices.choices import CommandKind
from devices.models import DeviceCommand
from invoicing import tasks
from invoicing.models import Invoice
from invoicing.services.barred import sweep_barred
from invoicing.services.orders import find_command, issue_key, void_key
from taxhall.common import doorbell

BATCH = 200


@transaction.atomic
def wake_invoices(*, device_id: int) -> int:
    """Go on at once with the invoices that wait for a disk that answers again; return how many."""
    woken = 0
    for invoice in (
        Invoice.objects.waiting()
        .filter(device_id=device_id)
        .only("pk", "number", "request_id", "void_request_id", "state")
    ):
        command = find_command(invoice)
        if command is not None and device_services.hasten_command(command=command):
            doorbell.ring_on_commit(tasks.void_on_disk if invoice.is_numbered else tasks.issue_on_disk, invoice.pk)
            woken += 1
    return woken


def sweep_invoices() -> int:
    """Ring for every waiting invoice whose command is due, and return how many; let go of those of barred disks.

    A killed worker, an emptied broker or an absent disk all end here: the row in the outbox is the work. Bells
    come first: they wait for no row that somebody holds.
    """
    due = set(
        DeviceCommand.objects.filter(kind__in=[CommandKind.ISSUE, CommandKind.VOID])
        .claimable(timezone.now())
        .order_by("next_attempt_at")
        .values_list("key", flat=True)[:BATCH]
    )
    rung = 0
    for invoice in Invoice.objects.waiting().only("pk", "number", "request_id", "void_request_id"):
        key = void_key(invoice) if invoice.is_numbered else issue_key(invoice)
        if key in due:
            doorbell.ring(tasks.void_on_disk if invoice.is_numbered else tasks.issue_on_disk, invoice.pk)
            rung += 1
    sweep_barred()
    return rung
