"""A person settles what a disk without read-back cannot tell of an invoice, never against what it still signs."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from devices import services as device_services
from devices.choices import CommandState
from devices.models import Device, DeviceCommand
from devices.services import CardReading
from invoicing import policies
from invoicing.errors import NoReadBackError, SignedMeanwhileError
from invoicing.models import Invoice
from invoicing.services import outcome
from invoicing.services.orders import find_command
from invoicing.services.perform import IssueErrand, VoidErrand
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.policies import require

SHORTEST_EVIDENCE = 10
_CHANGED = gettext_lazy("这张发票已不在等待人工核实，本次决定没有保存，没有改动设备。")
_LOOK = gettext_lazy("请刷新页面查看最新状态。")


def settle_as_never_signed(*, actor: User, invoice: Invoice, evidence: str) -> Invoice:
    """End the doubt about an invoice because an officer found, with evidence, that the disk never acted.

    Rule: only where the disk cannot tell it itself, and only while the hall holds every signature that the disk
    counts since the order was sent. That it did act is settled by its signed record alone (`accept_signed`).
    Raises: NotPermittedError; InvalidInputError without evidence; SignedMeanwhileError; ConflictError when nothing
    waits for a person any more; the errors of `devices.services.host.visit`.
    """
    require(policies.can_settle_invoice(actor, invoice), _("您不能核实这户纳税人的发票。"))
    evidence = evidence.strip()
    if len(evidence) < SHORTEST_EVIDENCE:
        words = _("请写明凭什么认定设备没有执行：检测单号、看到的设备界面、经办人。")
        raise InvalidInputError(words, fields={"evidence": [words]})
    command = _doubtful_command(invoice)
    reading = device_services.read_card(device=Device.objects.get(pk=command.device_id))
    return _settle(actor, invoice.pk, command=command, reading=reading, evidence=evidence)


def _doubtful_command(invoice: Invoice) -> DeviceCommand:
    command = find_command(Invoice.objects.get(pk=invoice.pk))
    if command is None or command.state != CommandState.MANUAL:
        raise ConflictError(_CHANGED, code="invoice.settled", next_step=_LOOK)
    return command


@transaction.atomic
def _settle(actor: User, pk: int, *, command: DeviceCommand, reading: CardReading, evidence: str) -> Invoice:
    """Decide over the locked rows. Lock order: command, device, invoice."""
    row = DeviceCommand.objects.select_for_update().get(pk=command.pk)
    if row.state != CommandState.MANUAL or row.fencing != command.fencing:
        raise ConflictError(_CHANGED, code="invoice.settled", next_step=_LOOK)
    if not device_services.holds_all_signed_since(command=row, status=reading.status):
        raise SignedMeanwhileError
    error = NoReadBackError()
    device_services.refuse_command(command=row, error=error)
    locked = outcome.lock_invoice(pk)
    outcome.audit(locked, "invoicing.settled_by_person", actor=actor, data={"evidence": evidence})
    errand = (VoidErrand if locked.is_numbered else IssueErrand)(locked, row)
    errand.refuse(_found_by_person())
    return outcome.lock_invoice(pk)


def _found_by_person() -> ConflictError:
    return ConflictError(
        _("经税务人员核实，设备没有执行这项操作，没有改动盘上数据。"),
        code="invoice.not_signed",
        next_step=_("请核对后重新办理。"),
    )
