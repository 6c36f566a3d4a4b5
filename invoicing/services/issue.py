"""The user's part of issuing: the intent in one transaction, the bell after it."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from devices import services as device_services
from devices.choices import CommandKind
from devices.models import Device
from invoicing import policies, tasks
from invoicing.choices import InvoiceState
from invoicing.errors import CancelTooLateError, InvoiceProblemsError
from invoicing.models import Invoice, InvoiceLine
from invoicing.services import outcome
from invoicing.services.checks import problems_of
from invoicing.services.issue_digital import issue_digital
from invoicing.services.leaving import leave_draft, lock_draft, require_kept, require_shown
from invoicing.services.orders import find_command, issue_key, order_of
from invoicing.services.red import lock_blue
from taxhall.common import clock, doorbell, failpoints
from taxhall.common.errors import ConflictError
from taxhall.common.policies import require
from taxhall.common.prepared import Prepared, Slot

_DISK: Prepared[Device] = Prepared(
    lambda: Device.objects.select_for_update(of=("self",), no_key=True).select_related("taxpayer").filter(pk=Slot("pk"))
)
_LINES: Prepared[InvoiceLine] = Prepared(lambda: InvoiceLine.objects.filter(invoice=Slot("invoice")))


def issue_invoice(*, actor: User, invoice: Invoice, key: str, shown: str = "") -> Invoice:
    """Issue a draft: a digital one at once, any other by asking its disk. Raises: as the two do.

    `shown` is the mark of the face that the person saw (`draft_mark`); a draft that was changed since is not issued.
    """
    issue = issue_digital if invoice.is_digital else _ask_disk
    return issue(actor=actor, invoice=invoice, key=key, shown=shown)


@transaction.atomic
def _ask_disk(*, actor: User, invoice: Invoice, key: str, shown: str) -> Invoice:
    """Ask the disk to sign a draft: the order goes into the outbox with the change of state, then the bell rings.

    Rule: the same key never starts a second attempt, and an invoice that has left the draft state is given back
    as it is, so a double click, a second tab or a resend after Back makes one invoice.
    Raises: NotFoundError; NotPermittedError; DraftChangedError; BeingUndoneError; InvoiceProblemsError with every
    problem in words; DeviceUnusableError.
    """
    device = _DISK.get(pk=invoice.device_id or 0)
    blue = lock_blue(invoice.blue_id) if invoice.blue_id is not None else None
    locked = lock_draft(invoice)
    locked.blue = blue
    locked.device, locked.taxpayer = device, device.taxpayer
    require(policies.can_issue_invoice(actor, device.taxpayer), _("您的身份不能为这家企业开具发票。"))
    if not locked.is_draft or (key and locked.issue_key == key):
        return locked
    require_kept(locked)
    lines = _LINES.rows(invoice=locked.pk)
    require_shown(locked, lines, shown)
    now = clock.now()
    problems = [each for each in problems_of(locked, lines=lines, today=timezone.localdate(now)) if each.is_blocking]
    if problems:
        raise InvoiceProblemsError(problems)
    failpoints.reach("issue.request.before", locked.pk)
    leave_draft(locked, actor=actor, key=key, at=now)
    order = order_of(locked, lines, at=now)
    device_services.queue_on_locked(
        actor=actor, device=device, kind=CommandKind.ISSUE, key=issue_key(locked), payload=order.to_json()
    )
    outcome.audit(locked, "invoicing.issue_requested", actor=actor, data={"total": str(locked.total)})
    transaction.on_commit(lambda: failpoints.reach("issue.request.after", locked.pk))
    doorbell.ring_on_commit(tasks.issue_on_disk, locked.pk)
    return locked


@transaction.atomic
def cancel_issue(*, actor: User, invoice: Invoice) -> Invoice:
    """Take back an order that never left the outbox, for instance because the disk is not there.

    Raises: NotPermittedError; CancelTooLateError once a carrier has it.
    """
    require(policies.can_issue_invoice(actor, invoice.taxpayer), _("您的身份不能撤回这家企业的开具。"))
    command = find_command(invoice)
    if command is None or invoice.state != InvoiceState.ISSUING:
        raise CancelTooLateError
    try:
        # The command is locked before the invoice, as everywhere.
        device_services.cancel_command(actor=actor, command=command)
    except ConflictError as error:
        raise CancelTooLateError from error
    locked = outcome.lock_invoice(invoice.pk)
    outcome.return_to_draft(
        locked, actor=actor, code="invoice.cancelled", text=_("已撤回开具，没有改动设备。"), next_step=""
    )
    return locked
