"""The operations of a session by name, with JSON in and out, so that a carrier process can be told what to do.

PIN and identity are not among them: they belong to whoever holds the reader. `change_pin` is a step of a
visit too, but the PINs travel beside the steps (see `work.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from devices.gateway.session import NO_END, DiskSession
from devices.protocol.message import Message
from devices.protocol.messages import AuthorityOrder, ClearToken, InvoiceOrder, UploadAck

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Bounds:
    """First and last day of a period, as they came in a step."""

    start: date
    end: date


@dataclass(frozen=True)
class Operation:
    """What to call, and whether a lost answer leaves it in doubt whether the disk acted."""

    call: Callable[[DiskSession, Arguments], Any]
    is_changing: bool = False


def _group(step: Arguments) -> str:
    return str(step.get("group", "A"))


def _bounds(step: Arguments) -> Bounds:
    return Bounds(date.fromisoformat(step["period_start"]), date.fromisoformat(step["period_end"]))


def _nonce(step: Arguments) -> bytes:
    return bytes.fromhex(str(step.get("nonce", "")))


def _void(session: DiskSession, step: Arguments) -> Any:
    return session.void(step["kind"], step["code"], step["number"], step["request_id"])


def _log(session: DiskSession, step: Arguments) -> Any:
    return session.log(first=int(step.get("first", 0)), last=int(step.get("last", NO_END)))


def _last_clear(session: DiskSession, step: Arguments) -> Any:
    # What a disk cannot tell is not asked for; `CardAnswer.has_read_back` says why there is nothing.
    return session.last_clear(str(step.get("group", ""))) if session.has_read_back else None


def _last_order(session: DiskSession, _: Arguments) -> Any:
    return session.last_order() if session.has_read_back else None


OPERATIONS: dict[str, Operation] = {
    "status": Operation(lambda session, step: session.status(_nonce(step))),
    "version": Operation(lambda session, _: session.version()),
    "prove": Operation(lambda session, step: session.prove(_nonce(step))),
    "pin_tries": Operation(lambda session, _: session.pin_tries()),
    "log": Operation(_log),
    "last_signed": Operation(lambda session, _: session.last_signed()),
    "find_signed": Operation(lambda session, step: session.find_signed(step["request_id"])),
    "find_void": Operation(lambda session, step: session.find_void(step["request_id"])),
    "signed": Operation(lambda session, step: session.signed(int(step["counter"]))),
    "last_clear": Operation(_last_clear),
    "last_order": Operation(_last_order),
    "issue": Operation(lambda session, step: session.issue(InvoiceOrder.from_json(step["order"])), is_changing=True),
    "void": Operation(_void, is_changing=True),
    "acknowledge": Operation(
        lambda session, step: session.acknowledge(UploadAck.from_json(step["ack"])), is_changing=True
    ),
    # Reporting and asking to be cleared change the disk too, but may simply be done again.
    "report": Operation(lambda session, step: session.report(_group(step), _bounds(step))),
    "begin_clear": Operation(lambda session, step: session.begin_clear(_group(step), _bounds(step))),
    "apply_clear": Operation(
        lambda session, step: session.apply_clear(ClearToken.from_json(step["token"])), is_changing=True
    ),
    "apply_order": Operation(
        lambda session, step: session.apply_order(AuthorityOrder.from_json(step["order"])), is_changing=True
    ),
    "abort_clear": Operation(lambda session, step: session.abort_clear(_group(step))),
}

CHANGING_OPS: frozenset[str] = frozenset(name for name, found in OPERATIONS.items() if found.is_changing)


def run_step(session: DiskSession, step: Arguments) -> Any:
    """Do one step, `{"op": name, …}`, and return its result as JSON values (None stays None).

    Raises: ValueError, KeyError for a step that is not one; CardRefusedError; TransportError.
    """
    operation = OPERATIONS.get(str(step.get("op")))
    if operation is None:
        raise ValueError(f"unknown operation {step.get('op')!r}")
    result = operation.call(session, step)
    return result.to_json() if isinstance(result, Message) else result
