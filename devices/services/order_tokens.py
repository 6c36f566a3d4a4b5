"""Signing orders and acknowledgements: only here, only in the device worker, only from a row of the outbox."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from devices import policies
from devices.choices import CommandKind, OrderAction
from devices.errors import CommandConflictError, DeviceUnusableError
from devices.models import Device, DeviceCommand
from devices.protocol.messages import AuthorityOrder, IssueDataChange, StockSegment, TransportPin, UploadAck
from devices.rules.tokens import why_unusable
from devices.services.records import OrderReading, command_reference
from devices.services.signing import (
    hall_signer,
    is_signed_with_current_key,
    lock_for_signing,
    require_signer_role,
    write_token,
)
from devices.services.uploads import held_range
from taxhall.common import clock
from taxhall.common.policies import require

ORDER_LIFETIME = timedelta(minutes=10)
SENDING_MARGIN = timedelta(seconds=30)
# Refusals that another signature cures: a new time, a new counter, a new key.
CURED_BY_SIGNING = frozenset({"disk.token_expired", "disk.order_stale", "disk.token_key_revoked"})
NOT_ALLOWED = _("下达这条指令的税务人员已没有权限，没有签发。")


def sign_order(*, command: DeviceCommand, reading: OrderReading) -> AuthorityOrder:
    """Sign an order for the disk as it is now, and store it on the row before anything is sent.

    Rule: only the device worker has the key; only a claimed row that an officer wrote who may still order
    it (trust.md S-37); bound to the counter that the disk has just proved. The stored order is used again
    while it is good: same counter, same key, not about to expire, not refused.
    Raises: SignerNotHereError; NotPermittedError; CommandConflictError; DeviceUnusableError.
    """
    require_signer_role()
    device = Device.objects.select_related("taxpayer").get(pk=command.device_id)
    _require_approved(command, device)
    stored = None if command.token is None else AuthorityOrder.from_json(command.token)
    if stored is not None and _is_good(stored, command, reading):
        return stored
    order = hall_signer(device.algorithm).sign_order(_draft_order(command, device, reading))
    with transaction.atomic():
        row = lock_for_signing(command)
        data = {"action": order.action, "number": order.order_number, "counter": order.expected_order_counter}
        write_token(row, command, order, action="devices.order_signed", data=data)
    return order


def sign_acknowledgement(*, command: DeviceCommand) -> UploadAck:
    """Sign that the hall holds the records that the row names, after looking again that it does.

    Raises: SignerNotHereError; CommandConflictError.
    """
    require_signer_role()
    device = Device.objects.select_related("taxpayer").get(pk=command.device_id)
    payload = command.payload
    held = held_range(device, after=payload["first"] - 1, through=payload["last"])
    if held is None or (held.last, held.digest) != (payload["last"], payload["digest"]):
        raise CommandConflictError(_("大厅没有这段发票的完整记录，没有签发上传回执。"))
    draft = UploadAck(
        serial=device.serial,
        taxpayer_number=device.taxpayer.number,
        first_counter=held.first,
        last_counter=held.last,
        last_digest=held.digest,
        issued_at=clock.now().replace(microsecond=0),
    )
    ack = hall_signer(device.algorithm).sign_acknowledgement(draft)
    with transaction.atomic():
        row = lock_for_signing(command)
        data = {"first": held.first, "last": held.last}
        write_token(row, command, ack, action="devices.upload_signed", data=data)
    return ack


def _require_approved(command: DeviceCommand, device: Device) -> None:
    if command.kind != CommandKind.ORDER or command.created_by is None:
        raise CommandConflictError(_("这条指令没有经过税务人员下达，不能签发。"))
    require(policies.can_order_device(command.created_by, device), NOT_ALLOWED)
    if code := why_unusable(device.status, ends_disk=command.payload["action"] == OrderAction.DISABLE):
        raise DeviceUnusableError(code)


def _is_good(stored: AuthorityOrder, command: DeviceCommand, reading: OrderReading) -> bool:
    is_current = stored.expected_order_counter == reading.status.order_counter
    is_fresh = stored.expires_at > clock.now() + SENDING_MARGIN
    is_usable = is_current and is_fresh and command.error_code not in CURED_BY_SIGNING
    return is_usable and is_signed_with_current_key(stored)


def _draft_order(command: DeviceCommand, device: Device, reading: OrderReading) -> AuthorityOrder:
    payload, moment = command.payload, clock.now().replace(microsecond=0)
    change, pin = payload.get("change"), payload.get("pin")
    return AuthorityOrder(
        order_id=command_reference(command),
        order_number=_next_number(device, reading),
        serial=device.serial,
        taxpayer_number=device.taxpayer.number,
        action=payload["action"],
        expected_order_counter=reading.status.order_counter,
        issued_at=moment,
        expires_at=moment + ORDER_LIFETIME,
        change=None if change is None else IssueDataChange.from_json(change),
        segments=tuple(StockSegment.from_json(item) for item in payload.get("segments", ())),
        pin=None if pin is None else TransportPin.from_json(pin),
    )


def _next_number(device: Device, reading: OrderReading) -> int:
    """Return a number above every one that the disk or the ledger has seen carried out."""
    in_ledger = device.order_receipts.aggregate(highest=Max("order_number"))["highest"] or 0
    on_disk = 0 if reading.last_order is None else reading.last_order.order_number
    return max(in_ledger, on_disk) + 1
