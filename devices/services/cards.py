"""Talking to one disk. Each call is one exchange with a deadline, outside every transaction.

What a disk hands over is believed only after its signature was verified with the enrolled key, here, in
the hall's own process. All of them raise the errors of `devices.services.host.visit`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices import policies
from devices.choices import OUT_OF_USE
from devices.errors import (
    BadSignatureError,
    CardHostUnavailableError,
    CardNotReadError,
    CardOutcomeUnknownError,
    CardRefusedError,
    DeviceUnusableError,
)
from devices.gateway import wire
from devices.gateway.wire import CardAnswer, CardRequest
from devices.models import Device, DeviceReport
from devices.protocol.constants import MAIN_GROUP, NONCE_LENGTH
from devices.protocol.errors import ProtocolError
from devices.protocol.message import SignedMessage
from devices.protocol.messages import (
    AuthorityOrder,
    ClearReceipt,
    ClearRequest,
    ClearToken,
    DiskIdentity,
    DiskReport,
    DiskStatus,
    InvoiceOrder,
    OrderReceipt,
    SignedInvoice,
    SignedVoid,
    UploadAck,
)
from devices.rules.tokens import why_unusable
from devices.services.agents import denials
from devices.services.evidence import require_signed_by
from devices.services.host import ask, card_host_state, visit
from devices.services.records import CardReading, OrderReading, main_group, record_report
from devices.signals import disk_ready
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

SignedT = TypeVar("SignedT", bound=SignedMessage)
RecordT = TypeVar("RecordT", SignedInvoice, SignedVoid)
ValueT = TypeVar("ValueT")


def read_card(*, device: Device) -> CardReading:
    """Read who the disk is, its public state and its last receipt of a clear; needs no PIN and changes nothing."""
    return _read(device)


def withdraw_clear_on_card(*, device: Device, group: str = MAIN_GROUP, token: ClearToken | None = None) -> CardReading:
    """Let the disk drop its open request to be cleared, then read it, in one visit.

    Every token signed for that request is worthless from then on, whoever still holds it: what the reading
    shows as not having run can never run. That a request was dropped is not signed, though: of a reader that is
    not ours it counts only when the disk itself signs that the token is dead.
    Raises: CardHostUnavailableError disk.clear_not_dead besides.
    """
    reading = _read(device, {"op": "abort_clear", "group": group})
    if reading.is_ours or token is None or reading.status.clear_counter != token.expected_clear_counter:
        return reading
    if not _is_dead(device, token):
        raise CardHostUnavailableError("disk.clear_not_dead")
    return reading


def _is_dead(device: Device, token: ClearToken) -> bool:
    def answered(request: CardRequest) -> CardAnswer:
        try:
            return ask(request)
        except CardRefusedError:
            return CardAnswer()  # it proves nothing: there may be another proof

    return denials.is_clear_dead(device, token, answered)


def _read(device: Device, *steps: dict[str, Any]) -> CardReading:
    """Do the steps, then look at the disk."""
    nonce = os.urandom(NONCE_LENGTH)
    # The newest receipt of any group, because the clear counter counts the clears of them all.
    answer = visit(device, *steps, _ask_status(nonce), {"op": "last_clear"}, deadline=wire.READ_DEADLINE)
    status_data, receipt = answer.results[-2:]
    status = _status(device, status_data, nonce)
    return CardReading(
        identity=_parsed(lambda: DiskIdentity.from_json(answer.identity or {})),
        status=status,
        last_receipt=None if receipt is None else _signed(device, ClearReceipt, receipt),
        taken_at=clock.now(),
        known_before=device.clear_counter,
        reader=answer.reader,
        has_read_back=answer.has_read_back,
        is_ours=answer.is_ours,
    )


def last_clear_on_card(*, device: Device, group: str = MAIN_GROUP) -> ClearReceipt | None:
    """Read the receipt of the last clear; readable any number of times, without PIN (trust.md R-12)."""
    answer = visit(device, {"op": "last_clear", "group": group}, deadline=wire.READ_DEADLINE)
    receipt = answer.results[0]
    return None if receipt is None else _signed(device, ClearReceipt, receipt)


def pin_tries_on_card(*, device: Device) -> int:
    """Read how many tries of the PIN are left, so that the page can say so before it asks."""
    answer = visit(device, {"op": "pin_tries"}, deadline=wire.READ_DEADLINE)
    return _parsed(lambda: int(answer.results[0]))


def unlock_card(*, actor: User, device: Device, pin: str) -> int:
    """Open the disk with its PIN and return the tries left; a wrong PIN is never tried again by itself.

    The PIN stays in the memory of the reader's owner process and is written nowhere. The act, not the PIN,
    is audited. A disk at the taxpayer's own PC is opened there and nowhere else.
    Raises: NotPermittedError; PinAtAgentError; CardRefusedError disk.pin_wrong with tries left, disk.pin_blocked.
    """
    require(policies.can_unlock_device(actor, device), _("您没有使用这块税控设备的权限。"))
    try:
        answer = visit(device, {"op": "pin_tries"}, deadline=wire.READ_DEADLINE, pin=pin)
    except CardRefusedError as error:
        _note_unlock(actor, device, tries_left=error.tries_left, outcome=error.code)
        raise
    tries_left = _parsed(lambda: int(answer.results[0]))
    _note_unlock(actor, device, tries_left=tries_left, outcome="unlocked")
    disk_ready.send_robust(sender=Device, device=device, is_unlocked=True)
    return tries_left


@transaction.atomic
def _note_unlock(actor: User, device: Device, *, tries_left: int | None, outcome: str) -> None:
    if tries_left is not None:
        Device.objects.filter(pk=device.pk).update(pin_tries=tries_left)
    account_services.record_audit_event(
        actor=actor,
        action="devices.device_unlocked" if outcome == "unlocked" else "devices.unlock_refused",
        obj=device,
        taxpayer=device.taxpayer,
        data={"outcome": outcome, "tries_left": tries_left},
    )


def is_unlocked(device: Device) -> bool:
    """Tell whether the reader's owner holds the PIN of the disk now; False when nobody answers."""
    state = card_host_state(device) or {"readers": ()}
    return any(disk["serial"] == device.serial and disk["is_unlocked"] for disk in state["readers"])


def issue_on_card(*, device: Device, order: InvoiceOrder) -> SignedInvoice:
    """Let the disk sign an invoice; the same request id answers the same record."""
    answer = visit(device, {"op": "issue", "order": order.to_json()}, deadline=wire.APPLY_DEADLINE)
    invoice = _signed_after_change(device, SignedInvoice, answer.results[0])
    if (invoice.request_id, invoice.order_digest) != (order.request_id, order.digest_under(invoice.algorithm)):
        raise CardOutcomeUnknownError
    return invoice


def find_on_card(*, device: Device, request_id: str) -> SignedInvoice | None:
    """Read back the invoice of a request, or None when the disk proves that it never signed it."""
    return _found(device, SignedInvoice, "find_signed", request_id)


def _found(device: Device, message_class: type[RecordT], op: str, request_id: str) -> RecordT | None:
    answer = visit(device, {"op": op, "request_id": request_id}, deadline=wire.READ_DEADLINE)
    if answer.results[0] is None:
        return None
    record = _signed(device, message_class, answer.results[0])
    if record.request_id != request_id:
        # Signed by the disk, but for another request: whoever carries it did not ask what we asked.
        raise CardNotReadError
    return record


def void_on_card(*, device: Device, kind: str, code: str, number: str, request_id: str) -> SignedVoid:
    """Let the disk void one of its invoices: same month, before the report."""
    wanted = {"kind": kind, "code": code, "number": number, "request_id": request_id}
    answer = visit(device, {"op": "void", **wanted}, deadline=wire.APPLY_DEADLINE)
    void = _signed_after_change(device, SignedVoid, answer.results[0])
    if not void.is_of(**wanted):
        raise CardOutcomeUnknownError
    return void


def find_void_on_card(*, device: Device, request_id: str) -> SignedVoid | None:
    """Read back the voiding of a request, or None when the disk proves that it never signed it."""
    return _found(device, SignedVoid, "find_void", request_id)


def report_card(*, actor: User, device: Device) -> DeviceReport:
    """Report the disk (抄税): read the totals of its period for every group, verify and keep them.

    From then on the invoices of the period can no longer be voided; reading again before the clear is
    allowed and gives the same totals. Returns the report of the main group.
    Raises: NotPermittedError; DeviceUnusableError for a disk that is lost, replaced or cancelled.
    """
    require(policies.can_report_device(actor, device), _("您没有为这块税控设备抄报的权限。"))
    if device.status in OUT_OF_USE:
        raise DeviceUnusableError(why_unusable(device.status))
    status = read_card(device=device).status
    main = main_group(status)
    if main is None:
        raise CardRefusedError("disk.kind_not_authorised")
    steps = [
        {
            "op": "report",
            "group": group.group,
            "period_start": group.period_start.isoformat(),
            "period_end": group.period_end.isoformat(),
        }
        for group in status.groups
    ]
    answer = visit(device, *steps, deadline=wire.APPLY_DEADLINE)
    rows = {}
    for result in answer.results:
        row = record_report(actor=actor, device=device, report=_signed(device, DiskReport, result))
        rows[row.group] = row
    return rows[main.group]


def begin_clear_on_card(*, device: Device, period: TaxPeriod, group: str = MAIN_GROUP) -> ClearRequest:
    """Ask the disk for a fresh signed request to be cleared; it makes every older one worthless."""
    step = {
        "op": "begin_clear",
        "group": group,
        "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
    }
    return _signed(device, ClearRequest, visit(device, step, deadline=wire.READ_DEADLINE).results[0])


def apply_clear_on_card(*, device: Device, token: ClearToken) -> ClearReceipt:
    """Hand the signed command to the disk and return its verified receipt.

    The same token again answers the same receipt. Any error but a refusal leaves the outcome open.
    """
    answer = visit(device, {"op": "apply_clear", "token": token.to_json()}, deadline=wire.APPLY_DEADLINE)
    receipt = _signed_after_change(device, ClearReceipt, answer.results[0])
    if receipt.command_id != token.command_id:
        raise CardOutcomeUnknownError
    return receipt


def read_orders(*, device: Device) -> OrderReading:
    """Read the public state and the receipt of the last order; needs no PIN and changes nothing."""
    nonce = os.urandom(NONCE_LENGTH)
    answer = visit(device, _ask_status(nonce), {"op": "last_order"}, deadline=wire.READ_DEADLINE)
    status_data, receipt = answer.results
    return _order_reading(device, answer, _status(device, status_data, nonce), receipt)


def apply_order_on_card(*, device: Device, order: AuthorityOrder) -> OrderReceipt:
    """Hand a signed order to the disk and return its verified receipt; the same order gives the same receipt.

    Any error but a refusal leaves the outcome open.
    """
    answer = visit(device, {"op": "apply_order", "order": order.to_json()}, deadline=wire.APPLY_DEADLINE)
    receipt = _signed_after_change(device, OrderReceipt, answer.results[0])
    if receipt.order_id != order.order_id:
        raise CardOutcomeUnknownError
    return receipt


def acknowledge_on_card(*, device: Device, ack: UploadAck) -> OrderReading:
    """Hand a signed acknowledgement to the disk, and return its signed state, which must show that it was taken."""
    step, nonce = {"op": "acknowledge", "ack": ack.to_json()}, os.urandom(NONCE_LENGTH)
    answer = visit(device, step, _ask_status(nonce), deadline=wire.APPLY_DEADLINE)
    try:
        reading = _order_reading(device, answer, _status(device, answer.results[1], nonce), None)
    except (BadSignatureError, CardNotReadError) as error:
        raise CardOutcomeUnknownError from error
    if reading.status.uploaded_through < ack.last_counter:
        raise CardOutcomeUnknownError
    return reading


def _ask_status(nonce: bytes) -> dict[str, Any]:
    return {"op": "status", "nonce": nonce.hex()}


def _status(device: Device, data: Any, nonce: bytes) -> DiskStatus:
    """Return the disk's signed state, told over our nonce, so that no carrier can hand over an older one."""
    status = _signed(device, DiskStatus, data)
    if status.nonce != nonce:
        raise CardNotReadError
    return status


def _order_reading(device: Device, answer: CardAnswer, status: DiskStatus, receipt: Any) -> OrderReading:
    return OrderReading(
        identity=_parsed(lambda: DiskIdentity.from_json(answer.identity or {})),
        status=status,
        last_order=None if receipt is None else _signed(device, OrderReceipt, receipt),
        taken_at=clock.now(),
        known_before=device.clear_counter,
        reader=answer.reader,
        has_read_back=answer.has_read_back,
    )


def _parsed(build: Callable[[], ValueT]) -> ValueT:
    try:
        return build()
    except (ProtocolError, KeyError, TypeError, ValueError) as error:
        raise CardNotReadError from error


def _signed(device: Device, message_class: type[SignedT], data: dict[str, Any]) -> SignedT:
    message = _parsed(lambda: message_class.from_json(data))
    require_signed_by(device, message)
    return message


def _signed_after_change(device: Device, message_class: type[SignedT], data: dict[str, Any]) -> SignedT:
    # A changing command was sent: an answer that cannot be believed proves nothing, so read back.
    try:
        return _signed(device, message_class, data)
    except (BadSignatureError, CardNotReadError) as error:
        raise CardOutcomeUnknownError from error
