"""What every invoice takes along when it stops being a draft."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from invoicing.choices import InvoiceState
from invoicing.choices_files import ImportState
from invoicing.errors import DraftChangedError
from invoicing.errors_files import BeingUndoneError
from invoicing.models import ImportedInvoice, Invoice
from invoicing.services import outcome
from invoicing.services.drafts import copy_seller
from invoicing.services.vehicles import keep_bureau

_CHANGED = (
    "state",
    "request_id",
    "issue_key",
    "dated_on",
    "seller_number",
    "seller_name",
    "seller_address",
    "seller_bank",
    "drawer",
    "drawer_name",
)


def require_same_way(locked: Invoice, seen: Invoice) -> None:
    """Raise DraftChangedError when the draft would now be issued another way than the one that was locked for it."""
    if locked.is_draft and (locked.kind, locked.device_id) != (seen.kind, seen.device_id):
        raise DraftChangedError


def require_kept(locked: Invoice) -> None:
    """Raise BeingUndoneError when the import that the draft came from is being undone."""
    if ImportedInvoice.objects.filter(invoice=locked, job__state=ImportState.UNDOING).exists():
        raise BeingUndoneError


def leave_draft(invoice: Invoice, *, actor: User, key: str, at: datetime) -> None:
    """Freeze the content at a moment: from here on the triggers let nobody change it."""
    invoice.state = InvoiceState.ISSUING
    invoice.request_id = uuid.uuid4()
    invoice.issue_key = key
    invoice.dated_on = timezone.localdate(at)
    copy_seller(invoice, taxpayer=invoice.taxpayer)
    if invoice.drawer_id != actor.pk:
        invoice.drawer, invoice.drawer_name = actor, str(actor)[:20]
    keep_bureau(invoice)
    outcome.note(invoice, also=_CHANGED)
