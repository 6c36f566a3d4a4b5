"""Ring again for invoices whose bell was lost, or whose next try is due."""

from __future__ import annotations

from django.utils import timezone

from devices.choices import CommandKind
from devices.models import DeviceCommand
from invoicing import tasks
from invoicing.models import Invoice
from invoicing.services.orders import issue_key, void_key
from taxhall.common import doorbell

BATCH = 200


def sweep_invoices() -> int:
    """Ring for every waiting invoice whose command is due, and return how many.

    A killed worker, an emptied broker or an absent disk all end here: the row in the outbox is the work.
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
    return rung
