"""Issuing a digital invoice (数电票): number, credit and invoice in one transaction; there is no disk to wait for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from invoicing import policies
from invoicing.choices import InvoiceState
from invoicing.errors import InvoiceProblemsError
from invoicing.models import Invoice
from invoicing.rules.digital import digital_number
from invoicing.rules.issuing import credit_none
from invoicing.services import outcome
from invoicing.services.checks import problems_of
from invoicing.services.credit import give_back, lock_credit, use_credit
from invoicing.services.leaving import leave_draft, lock_draft, require_kept, require_shown
from invoicing.services.numbering import next_count
from invoicing.services.red import lock_blue, settle_blue, settle_confirmation
from taxhall.common import clock
from taxhall.common.policies import require


@transaction.atomic
def issue_digital(*, actor: User, invoice: Invoice, key: str, shown: str = "") -> Invoice:
    """Issue a digital draft: it is with the bureau the moment it has its number.

    Rule: 国家税务总局公告2024年第11号; the company's credit row is locked first, so two issues never exceed the
    credit together nor take one number. The same key, or an invoice that is no draft any more, changes nothing.
    Raises: NotFoundError; NotPermittedError; DraftChangedError; BeingUndoneError; InvoiceProblemsError.
    """
    held = lock_credit(invoice.taxpayer_id)
    blue = lock_blue(invoice.blue_id) if invoice.blue_id is not None else None
    locked = lock_draft(invoice)
    locked.blue = blue
    require(policies.can_issue_invoice(actor, locked.taxpayer), _("您的身份不能为这家企业开具发票。"))
    if not locked.is_draft or (key and locked.issue_key == key):
        return locked
    require_kept(locked)
    require_shown(locked, locked.lines.all(), shown)
    # One moment for the checks, the record, the credit's month and the face: midnight may come in between.
    now = clock.now().replace(microsecond=0)
    problems = [each for each in problems_of(locked, today=timezone.localdate(now)) if each.is_blocking]
    if problems:
        raise InvoiceProblemsError(problems)
    leave_draft(locked, actor=actor, key=key, at=now)
    outcome.audit(locked, "invoicing.issue_requested", actor=actor, data={"total": str(locked.total)})
    _give_number(locked, now)
    if blue is not None:
        give_back(held, blue=blue, red=locked)
    elif held is None:
        # A credit that was granted this very moment is not held; all of this is undone, and the next press holds it.
        raise InvoiceProblemsError([credit_none()])
    else:
        use_credit(held, day=locked.dated_on, amount=locked.amount)
    settle_blue(locked)
    settle_confirmation(locked)
    return locked


def _give_number(invoice: Invoice, now: datetime) -> None:
    invoice.state = InvoiceState.ISSUED
    invoice.number = _next_number(invoice)
    invoice.issued_at = invoice.uploaded_at = now
    invoice.is_uploaded = True
    outcome.note(invoice, also=("state", "number", "issued_at", "is_uploaded", "uploaded_at"))
    data = {"number": invoice.number, "total": str(invoice.total)}
    outcome.audit(invoice, "invoicing.digital_issued", data=data)


def _next_number(invoice: Invoice) -> str:
    """Return the seller's next number of the year."""
    count = next_count(f"digital:{invoice.dated_on:%y}:{invoice.taxpayer_id}")
    return digital_number(invoice.dated_on, bureau=invoice.taxpayer.bureau.code, seller=invoice.taxpayer_id, n=count)
