"""What a disk signed about something it did, whoever brings it: verified, kept in the trail, handed on."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from devices import policies
from devices.errors import BadSignatureError, CommandConflictError, WrongCardError
from devices.models import Device
from devices.protocol.errors import ProtocolError
from devices.protocol.message import SignedMessage
from devices.protocol.messages import ClearReceipt, DiskReport, OrderReceipt, SignedInvoice, SignedVoid
from devices.services.evidence import require_signed_by
from devices.services.order_records import record_order
from devices.services.records import record_report
from devices.signals import evidence_arrived
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

logger = logging.getLogger(__name__)

KINDS: tuple[type[SignedMessage], ...] = (SignedInvoice, SignedVoid, ClearReceipt, OrderReceipt, DiskReport)
LONGEST_WORD = 65_536


def take_signed_word(*, actor: User, device: Device, text: str) -> bool:
    """Book what a disk signed and somebody brought as JSON (trust.md R-14); say whether something waited for it.

    The signature of the enrolled disk is what counts, so one officer is enough. The same again changes nothing.
    Raises: NotPermittedError; InvalidInputError for what is no such record, or not this disk's.
    """
    require(policies.can_draft_order(actor, device), _("您没有为这块税控设备办理入账的权限。"))
    message = _read(device, text)
    if message is None:
        words = _("这不是这块设备签名的记录，没有入账。请核对设备编号，向设备厂商取得完整的记录。")
        raise InvalidInputError(words, fields={"record": [words]})
    return hand_over(device, message, actor=actor)


def hand_over(device: Device, message: SignedMessage, *, actor: User | None, label: str = "") -> bool:
    """Keep in the trail who brought a verified record, and hand it to whoever is concerned; tell if one took it."""
    with transaction.atomic():
        account_services.record_audit_event(
            actor=actor,
            action="devices.evidence_arrived",
            obj=device,
            taxpayer=device.taxpayer,
            label=label,
            data={"kind": type(message).__name__, "digest": message.digest},
        )
    if isinstance(message, DiskReport):
        record_report(actor=None, device=device, report=message)
        return True
    if isinstance(message, OrderReceipt):
        return _record_order(device, message)
    placed = [_is_placed(message, *answer) for answer in _ask_all(device, message)]
    return any(placed)


def _ask_all(device: Device, message: SignedMessage) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = evidence_arrived.send_robust(sender=Device, device=device, message=message)
    return found


def _is_placed(message: SignedMessage, receiver: Any, result: Any) -> bool:
    if isinstance(result, Exception):
        logger.error("evidence %s not placed by %s: %s", message.digest, receiver, result)
        return False
    return result is not None


def _record_order(device: Device, receipt: OrderReceipt) -> bool:
    """Keep the receipt of an order; one that contradicts the ledger is left to whoever reads the disk next."""
    try:
        record_order(device=device, receipt=receipt)
    except (CommandConflictError, WrongCardError):
        logger.exception("a late receipt of an order of device %s does not fit the ledger", device.serial)
        return False
    return True


def _read(device: Device, text: str) -> SignedMessage | None:
    try:
        data = json.loads(text[:LONGEST_WORD])
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    found = (_read_as(kind, device, data) for kind in KINDS)
    return next((message for message in found if message is not None), None)


def _read_as(kind: type[SignedMessage], device: Device, data: dict[str, Any]) -> SignedMessage | None:
    try:
        message = kind.from_json(data)
        require_signed_by(device, message)
    except (ProtocolError, BadSignatureError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    return message if getattr(message, "serial", "") == device.serial else None
