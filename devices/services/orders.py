"""Orders of the authority for a disk, written into the outbox by officers.

Each is carried out by the device worker where the disk is; see `devices.services.errands`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from devices import policies, tasks
from devices.choices import CommandKind, CommandState, DeviceStatus, OrderAction
from devices.errors import OrderNotPossibleError
from devices.models import Device, DeviceAuthorisation, DeviceCommand
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import IssueDataChange, StockSegment
from devices.protocol.pins import make_transport_pin
from devices.rules.orders import NumberRange, first_overlap, still_out
from devices.services.commands import queue_command
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import InvalidInputError
from taxhall.common.locks import hold_until_commit
from taxhall.common.policies import require

NOT_YOURS = _("您没有为这块税控设备下达指令的权限。")


@dataclass(frozen=True)
class UnblockOrder:
    """An order to unblock a PIN, and the transport PIN, which is told once and kept nowhere."""

    command: DeviceCommand
    transport_pin: str = field(repr=False)


def order_change_of_issue_data(
    *, actor: User, device: Device, change: IssueDataChange, reason: str = "", key: str = ""
) -> DeviceCommand:
    """Order a change of issue data (变更发行): name, bureau, kinds with limits and rates, offline ceilings.

    The disk itself refuses it while records are not uploaded or a period that is over is not reported.
    Raises: NotPermittedError; InvalidInputError; DeviceUnusableError.
    """
    if change.is_empty:
        raise InvalidInputError(_("没有填写要变更的内容。"), next_step=_("请至少填写一项。"))
    payload = {"change": _encoded(change)}
    return _order(actor, device, OrderAction.CHANGE_ISSUE_DATA, payload, reason=reason, key=key)


@transaction.atomic
def order_stock(
    *,
    actor: User,
    device: Device,
    segments: Iterable[StockSegment],
    is_return: bool = False,
    reason: str = "",
    key: str = "",
) -> DeviceCommand:
    """Order that blank invoices are put on the disk (发票购入) or taken off it (发票退回), by segments.

    Rule: a number is out on one disk at a time, whoever sells it. The same key again is the same order.
    Raises: NotPermittedError; InvalidInputError; OrderNotPossibleError disk.stock_overlap; DeviceUnusableError.
    """
    items = tuple(segments)
    if not items:
        raise InvalidInputError(_("没有填写发票号段。"), next_step=_("请填写发票代码和起止号码。"))
    action = OrderAction.RETURN_STOCK if is_return else OrderAction.ADD_STOCK
    payload = {"segments": [_encoded(item) for item in items]}
    if not is_return and not (key and DeviceCommand.objects.filter(key=_business_key(key)).exists()):
        _require_free(items)
    return _order(actor, device, action, payload, reason=reason, key=key)


def unblock_pin(*, actor: User, device: Device, reason: str = "", key: str = "") -> UnblockOrder:
    """Order that the PIN is unblocked (口令解锁), and return the transport PIN to be told to the company.

    The transport PIN is good for setting a PIN and for nothing else; it is told once, here.
    Raises: NotPermittedError; CommandConflictError for a key used before; DeviceUnusableError.
    """
    pin, kept = make_transport_pin()
    command = _order(actor, device, OrderAction.UNBLOCK_PIN, {"pin": _encoded(kept)}, reason=reason, key=key)
    return UnblockOrder(command, pin)


def cancel_device(*, actor: User, device: Device, reason: str, key: str = "") -> DeviceCommand:
    """Order the end of a disk (注销): it issues no more, for good, and stays readable.

    Raises: NotPermittedError; OrderNotPossibleError while the last reading shows blank invoices
    (disk.stock_left) or records that are not uploaded (disk.not_uploaded); DeviceUnusableError.
    """
    require(policies.can_order_device(actor, device), NOT_YOURS)
    if device.status == DeviceStatus.LOST:
        # What it holds cannot be returned any more; the order waits for a disk that turns up.
        return _order(actor, device, OrderAction.DISABLE, {}, reason=reason, key=key)
    if any(item.remaining for item in device.authorisations.all()):
        raise OrderNotPossibleError("disk.stock_left")
    if device.uploaded_through < device.sign_counter:
        raise OrderNotPossibleError("disk.not_uploaded")
    return _order(actor, device, OrderAction.DISABLE, {}, reason=reason, key=key)


@transaction.atomic
def _order(
    actor: User, device: Device, action: OrderAction, payload: dict[str, Any], *, reason: str, key: str
) -> DeviceCommand:
    require(policies.can_order_device(actor, device), NOT_YOURS)
    command = queue_command(
        actor=actor,
        device=device,
        kind=CommandKind.ORDER,
        key=_business_key(key),
        payload={"action": action.value, **payload, "reason": reason},
    )
    ring_on_commit(tasks.carry_out_command, command.pk)
    return command


def _business_key(key: str) -> str:
    return f"order:{key or uuid.uuid4()}"


def _encoded(part: Any) -> dict[str, Any]:
    """Return a part of an order for the row, once it is certain that it can travel. Raises: InvalidInputError."""
    try:
        part.to_bytes()
    except ProtocolError as error:
        raise InvalidInputError(_("填写的内容不符合设备的格式：%(why)s") % {"why": error}) from error
    data: dict[str, Any] = part.to_json()
    return data


def require_checked(device: Device) -> None:
    """Require that every signed invoice of the disk is uploaded: new ones come after the old ones (验旧供新).

    Rule: domain.md 4.7; the upload is the check. Raises: OrderNotPossibleError disk.not_checked.
    """
    if device.uploaded_through < device.sign_counter:
        raise OrderNotPossibleError("disk.not_checked")


def _require_free(segments: tuple[StockSegment, ...]) -> None:
    wanted = [_range_of(item.to_json()) for item in segments]
    codes = sorted({item.code for item in wanted})
    _hold_codes(codes)
    taken = [*still_out(_movements(codes)), *_on_disks(codes)]
    if first_overlap(wanted, taken) is not None:
        raise OrderNotPossibleError("disk.stock_overlap")


def _hold_codes(codes: list[str]) -> None:
    """Let one sale of a code be checked and written at a time, to the end of the transaction."""
    for code in codes:
        hold_until_commit(f"stock:{code}")


def _movements(codes: list[str]) -> Iterator[tuple[bool, NumberRange]]:
    """Yield, oldest first, what orders gave out (True; also when not carried out yet) and what came back (False).

    An order that was withdrawn after it had left the hall counts as given: whoever got it may have kept it.
    """
    never = Q(state=CommandState.REFUSED) | Q(state=CommandState.CANCELLED, sent_at__isnull=True)
    given = Q(payload__action=OrderAction.ADD_STOCK) & ~never
    returned = Q(payload__action=OrderAction.RETURN_STOCK, state=CommandState.DONE)
    orders = DeviceCommand.objects.filter(given | returned, kind=CommandKind.ORDER).order_by("created_at", "pk")
    for payload in orders.values_list("payload", flat=True):
        for item in payload["segments"]:
            if item["code"] in codes:
                yield payload["action"] == OrderAction.ADD_STOCK, _range_of(item)


def _on_disks(codes: list[str]) -> Iterator[NumberRange]:
    """Yield the blank numbers that disks were last seen with."""
    for held in DeviceAuthorisation.objects.filter(segment_code__in=codes):
        if held.next_number <= held.end_number:
            yield NumberRange(held.segment_code, held.next_number, held.end_number)


def _range_of(item: dict[str, Any]) -> NumberRange:
    return NumberRange(item["code"], item["next_number"], item["end_number"])
