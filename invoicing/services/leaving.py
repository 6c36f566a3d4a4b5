"""What every invoice takes along when it stops being a draft."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from invoicing.choices import InvoiceState
from invoicing.choices_files import ImportState
from invoicing.errors import DraftChangedError
from invoicing.errors_files import BeingUndoneError
from invoicing.models import ImportedInvoice, Invoice, InvoiceLine
from invoicing.services import outcome
from invoicing.services.draft_marks import draft_mark
from invoicing.services.drafts import copy_seller
from invoicing.services.vehicles import keep_bureau
from taxhall.common.errors import NotFoundError
from taxhall.common.prepared import Prepared, Slot

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


_IN_UNDOING: Prepared[tuple[int]] = Prepared(
    lambda: ImportedInvoice.objects.filter(invoice=Slot("pk"), job__state=ImportState.UNDOING).values_list("pk")
)


def lock_draft(seen: Invoice) -> Invoice:
    """Lock the invoice that is to leave its draft and return it as it is now.

    Raises: NotFoundError when it was discarded meanwhile; DraftChangedError when it would now be issued another way
    than the one that was locked for it.
    """
    locked = outcome.find_locked(seen.pk)
    if locked is None:
        raise NotFoundError(_("没有找到这张发票，草稿可能刚被删除；没有开具，这次没有改动盘上数据和额度。"))
    if locked.is_draft and (locked.kind, locked.device_id) != (seen.kind, seen.device_id):
        raise DraftChangedError
    return locked


def require_shown(locked: Invoice, lines: Iterable[InvoiceLine], shown: str) -> None:
    """Raise DraftChangedError when the draft is not the one that was looked at; without a mark nobody looked."""
    if shown and shown != draft_mark(locked, lines):
        raise DraftChangedError


def require_kept(locked: Invoice) -> None:
    """Raise BeingUndoneError when the import that the draft came from is being undone."""
    if _IN_UNDOING.has_rows(pk=locked.pk):
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
