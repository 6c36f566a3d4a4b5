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
from devices.models import Device, DeviceCommand
from devices.protocol.constants import NONCE_LENGTH
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import DiskIdentity, DiskStatus, SignedInvoice, SignedVoid
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
    """Return the counters of signatures whose records the hall does not hold; those acknowledged it does."""
    done = DeviceCommand.objects.filter(
        device=device, kind__in=[CommandKind.ISSUE, CommandKind.VOID], state=CommandState.DONE
    )
    (acknowledged,) = Device.objects.values_list("uploaded_through").get(pk=device.pk)
    held = set(done.filter(answer__counter__gt=acknowledged).values_list("answer__counter", flat=True))
    first = max(acknowledged, through - MOST_RECORDS - len(held) - 1)
    return [counter for counter in range(first + 1, through + 1) if counter not in held]


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
