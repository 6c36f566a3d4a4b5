"""What a PC says a disk did not do: believed only when the disk's own signatures leave no room for it.

Neither a status word nor an empty answer is signed, and the PC is the taxpayer's. But the disk signs how many
signatures it made, and each of them: when every one of those is another request's, there is none for this one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from devices.choices import CommandKind, CommandState
from devices.errors import BadSignatureError
from devices.gateway import wire
from devices.gateway.wire import CardAnswer, CardRequest
from devices.models import Device, DeviceCommand, DeviceReading
from devices.protocol.constants import NONCE_LENGTH
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import (
    AuthorityOrder,
    ClearRequest,
    ClearToken,
    DiskIdentity,
    DiskStatus,
    SignedInvoice,
    SignedVoid,
)
from devices.services.evidence import require_signed_by
from devices.services.records import OrderReading, record_reading
from taxhall.common import clock

LOOK_UPS = ("find_signed", "find_void")
CANNOT_LOOK_UP = frozenset({"disk.no_read_back", "disk.unsupported"})
# More records than this are brought in by an upload, not while an invoice waits.
MOST_RECORDS = 64
Ask = Callable[[CardRequest], CardAnswer]


def denied(request: CardRequest, answer: CardAnswer) -> list[str]:
    """Return the request ids of which the answer says that the disk holds no record."""
    if answer.fault is not None:
        return []
    looked = zip(request.steps, answer.results, strict=False)
    return [str(step["request_id"]) for step, found in looked if step.get("op") in LOOK_UPS and found is None]


def is_unable(request: CardRequest, answer: CardAnswer) -> bool:
    """Say whether the PC tells that its disk cannot look anything up; every disk that an agent drives can."""
    looks_up = any(step.get("op") in LOOK_UPS for step in request.steps)
    return looks_up and answer.fault is not None and answer.fault.code in CANNOT_LOOK_UP


def is_proved_absent(device: Device, request_ids: list[str], ask: Ask) -> bool:
    """Say whether the disk's own signatures show that it never signed any of the requests."""
    reading = _look(device, ask)
    if reading is None:
        return False
    missing = _not_held(device, reading.status.sign_counter)
    if len(missing) > MOST_RECORDS or not _are_of_others(device, missing, request_ids, ask):
        return False
    # What was looked through is known now, with its stock and ceilings: a refusal that follows is judged by it.
    record_reading(device=device, reading=reading)
    return True


def known_counter(device: Device, counter: str) -> int:
    """Return how often the hall knows that the disk counted, from its last signed word."""
    found: int = Device.objects.values_list(counter, flat=True).get(pk=device.pk)
    return found


def is_unmoved(device: Device, counter: str, known: int | None, ask: Ask) -> bool:
    """Say whether the disk signs, over a nonce of now, that its counter stands where it was before the request.

    A status that came with the refusal would prove nothing: the PC could have asked for it first and acted then.
    """
    reading = _look(device, ask)
    return reading is not None and getattr(reading.status, counter) == known


def is_clear_dead(device: Device, token: ClearToken, ask: Ask) -> bool:
    """Say whether the disk signs that the clear of a token did not run and never can, whoever still holds it.

    Only the newest request of a disk counts: a newer one, signed while the counter stood, ends the token that
    answers an older one. Else the disk's own clock does.
    """
    newer = _newer_request(device, token, ask)
    if newer is not None:
        return newer.clear_counter == token.expected_clear_counter
    reading = _look(device, ask)
    if reading is None or reading.status.clear_counter != token.expected_clear_counter:
        return False
    return reading.status.clock > token.expires_at


def is_order_dead(device: Device, order: AuthorityOrder, ask: Ask) -> bool:
    """Say whether the disk signs that an order did not run, at a time of its clock from which on it never can."""
    reading = _look(device, ask)
    return reading is not None and is_order_over(order, reading.status)


def is_order_over(order: AuthorityOrder, status: DiskStatus) -> bool:
    """Say by a signed state whether the order did not run and came too late for the disk's clock."""
    return status.order_counter == order.expected_order_counter and status.clock > order.expires_at


def _newer_request(device: Device, token: ClearToken, ask: Ask) -> ClearRequest | None:
    """Let the disk ask to be cleared anew; None when the PC brings no request of it that is newer than the token."""
    bounds = {"period_start": token.period_start.isoformat(), "period_end": token.period_end.isoformat()}
    answer = ask(_request(device, {"op": "begin_clear", "group": token.group, **bounds}))
    try:
        request = ClearRequest.from_json(answer.results[0])
        require_signed_by(device, request)
    except (ProtocolError, BadSignatureError, IndexError, KeyError, TypeError, ValueError):
        return None
    is_ours = (request.serial, request.group) == (device.serial, token.group)
    return request if is_ours and request.request_number > token.request_number else None


def _look(device: Device, ask: Ask) -> OrderReading | None:
    """Read the disk's signed state over a nonce of now; None when the PC brings nothing that proves it."""
    known_before = known_counter(device, "clear_counter")
    nonce = secrets.token_hex(NONCE_LENGTH)
    answer = ask(_request(device, {"op": "status", "nonce": nonce}))
    try:
        status = DiskStatus.from_json(answer.results[0])
        require_signed_by(device, status)
        identity = DiskIdentity.from_json(answer.identity or {})
    except (ProtocolError, BadSignatureError, IndexError, KeyError, TypeError, ValueError):
        return None
    if (status.nonce.hex(), status.serial) != (nonce, device.serial):
        return None
    return OrderReading(
        identity=identity, status=status, last_order=None, taken_at=clock.now(), known_before=known_before
    )


def _not_held(device: Device, through: int) -> list[int]:
    """Return the counters of signatures that may be of the hall's own requests and whose records it does not hold."""
    done = DeviceCommand.objects.filter(
        device=device, kind__in=[CommandKind.ISSUE, CommandKind.VOID], state=CommandState.DONE
    )
    known = _known_through(device)
    held = set(done.filter(answer__counter__gt=known).values_list("answer__counter", flat=True))
    first = max(known, through - MOST_RECORDS - len(held) - 1)
    return [counter for counter in range(first + 1, through + 1) if counter not in held]


def _known_through(device: Device) -> int:
    """Return up to which count no signature can be one that the hall asks about.

    Those are held that the hall itself signed as held, and what was there when it first saw the disk was never asked
    for. How far the disk says it is acknowledged proves nothing: a database that was set back has lost the records.
    """
    signed = DeviceCommand.objects.filter(device=device, kind=CommandKind.ACKNOWLEDGE, token__isnull=False)
    held = signed.order_by("-payload__last").values_list("payload__last", flat=True).first() or 0
    seen = DeviceReading.objects.filter(device=device).order_by("pk").values_list("status__sign_counter", flat=True)
    return int(max(held, seen.first() or 0))


def _are_of_others(device: Device, counters: list[int], request_ids: list[str], ask: Ask) -> bool:
    if not counters:
        return True
    answer = ask(_request(device, *({"op": "signed", "counter": counter} for counter in counters)))
    if answer.fault is not None or len(answer.results) != len(counters):
        return False
    records = [_record(device, data) for data in answer.results]
    return all(
        record is not None and record.counter == counter and record.request_id not in request_ids
        for record, counter in zip(records, counters, strict=True)
    )


def _record(device: Device, data: Any) -> SignedInvoice | SignedVoid | None:
    for kind in (SignedInvoice, SignedVoid):
        try:
            record: SignedInvoice | SignedVoid = kind.from_json(data)
            require_signed_by(device, record)
        except (ProtocolError, BadSignatureError, KeyError, TypeError, ValueError):
            continue
        return record if record.serial == device.serial else None
    return None


def _request(device: Device, *steps: dict[str, Any]) -> CardRequest:
    return CardRequest(
        serial=device.serial,
        certificate=device.certificate,
        steps=steps,
        deadline=wire.READ_DEADLINE,
        driver=device.driver,
    )
