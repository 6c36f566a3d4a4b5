"""The undo of an import: its drafts go a part at a time, each part in one transaction, until none is left."""

from __future__ import annotations

import time

from django.db import transaction

from accounts import services as account_services
from accounts.models import User
from invoicing.choices import InvoiceState
from invoicing.choices_files import ImportState
from invoicing.models import ImportedInvoice, ImportJob, Invoice
from invoicing.services import leases
from taxhall.common import failpoints

# Removed a part at a time, so that no statement names more rows than that; so many go while a person waits.
PART = 500


def undo_slice(job: ImportJob, *, until: float) -> bool:
    """Remove drafts until the time is over; say whether there are none left. Raises: LeaseGoneError.

    Rule: what is left is what was not removed, so a worker killed anywhere loses nothing and removes nothing twice.
    """
    while not _undo_part(job):
        if time.monotonic() > until:
            return False
    return True


@transaction.atomic
def _undo_part(job: ImportJob) -> bool:
    locked = leases.hold(job)
    removed = remove_part(locked)
    failpoints.reach("import.undo", f"{locked.pk}:{locked.position}")
    if removed == PART:
        locked.save(update_fields=["position", "leased_until", "attempts", "updated_at"])
        return False
    finish_undo(locked, actor=locked.undo_requested_by)
    return True


def remove_part(locked: ImportJob) -> int:
    """Remove the next drafts of a locked import and count them in its position; return how many."""
    links = ImportedInvoice.objects.filter(job=locked, invoice__state=InvoiceState.DRAFT)
    keys = list(links.order_by("ordinal").values_list("invoice_id", flat=True)[:PART])
    drafts = Invoice.objects.filter(pk__in=keys, state=InvoiceState.DRAFT).order_by("pk")
    held = list(drafts.select_for_update(of=("self",)).values_list("pk", flat=True))
    Invoice.objects.filter(pk__in=held).delete()
    locked.position += len(held)
    return len(held)


def finish_undo(locked: ImportJob, *, actor: User | None) -> None:
    """Say that the import is undone, and how many of its invoices had been sent to the disk meanwhile and stay."""
    locked.state = ImportState.UNDONE
    locked.lease_token = locked.leased_until = None
    locked.save()
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.import_undone",
        obj=locked,
        taxpayer_id=locked.taxpayer_id,
        data={"removed": locked.position, "kept": locked.imported.count()},
    )
