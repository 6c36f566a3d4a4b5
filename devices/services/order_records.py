"""Receipts of orders become rows: each verified, each once, whether asked for or found on the disk."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from devices.choices import CommandKind, CommandState, DeviceStatus, OrderAction
from devices.errors import CommandConflictError, WrongCardError
from devices.models import Device, DeviceCommand, OrderReceiptRecord
from devices.protocol.constants import PIN_TRIES
from devices.protocol.messages import OrderReceipt
from devices.services.commands import finish_command
from devices.services.evidence import require_signed_by
from devices.services.records import command_reference


@transaction.atomic
def record_order(*, device: Device, receipt: OrderReceipt) -> OrderReceiptRecord:
    """Record an order by the disk's own signed receipt and end its command; once per receipt.

    Rule: the receipt verifies with the enrolled key and names this disk. A late one is as good as a prompt
    one. One whose command the hall does not know (a restored database) is kept without.
    Raises: BadSignatureError; WrongCardError; CommandConflictError when it contradicts the ledger.
    """
    locked = Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    require_signed_by(locked, receipt)
    if (receipt.serial, receipt.taxpayer_number) != (locked.serial, locked.taxpayer.number):
        raise WrongCardError
    known = OrderReceiptRecord.objects.filter(digest=receipt.digest).first()
    if known is not None:
        return known
    command = _command_of(locked, receipt)
    _require_agrees(locked, command, receipt)
    record = _create(locked, command, receipt)
    _take_effect(locked, receipt)
    if command is not None:
        finish_command(command=command, answer=receipt.to_json())
    data = {"action": receipt.action, "counter": receipt.order_counter_after, "digest": receipt.digest}
    account_services.record_audit_event(
        actor=None, action="devices.order_recorded", obj=locked, taxpayer=locked.taxpayer, data=data
    )
    return record


def _command_of(device: Device, receipt: OrderReceipt) -> DeviceCommand | None:
    try:
        reference = uuid.UUID(receipt.order_id)
    except ValueError:
        return None
    return DeviceCommand.objects.select_for_update().filter(pk=reference, device=device).first()


def _require_agrees(device: Device, command: DeviceCommand | None, receipt: OrderReceipt) -> None:
    agrees = receipt.order_counter_after == receipt.order_counter_before + 1
    if command is not None:
        agrees = (
            agrees
            and command.kind == CommandKind.ORDER
            and command.state != CommandState.CANCELLED
            and receipt.order_id == command_reference(command)
            and receipt.action == command.payload["action"]
        )
    is_taken = device.order_receipts.filter(order_counter_after=receipt.order_counter_after).exists()
    if not agrees or is_taken:
        raise CommandConflictError(
            _("设备的变更回执与大厅的记录对不上，没有入账。"), next_step=_("请联系办税服务厅核查这块设备。")
        )


def _create(device: Device, command: DeviceCommand | None, receipt: OrderReceipt) -> OrderReceiptRecord:
    return OrderReceiptRecord.objects.create(
        device=device,
        command=command,
        action=receipt.action,
        order_number=receipt.order_number,
        digest=receipt.digest,
        order_counter_before=receipt.order_counter_before,
        order_counter_after=receipt.order_counter_after,
        applied_at=receipt.applied_at,
        message=receipt.to_json(),
    )


def _take_effect(device: Device, receipt: OrderReceipt) -> None:
    """Change what of the order shows on the row; limits, stock and ceilings come with the next reading."""
    device.order_counter = max(device.order_counter, receipt.order_counter_after)
    if receipt.action == OrderAction.DISABLE:
        device.status = DeviceStatus.CANCELLED
    if receipt.action == OrderAction.UNBLOCK_PIN:
        device.pin_tries = PIN_TRIES
    device.save(update_fields=["order_counter", "status", "pin_tries", "updated_at"])
