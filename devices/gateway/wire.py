"""What the hall and the card host say to each other: length-prefixed JSON frames of bounded size.

Pure data. The one thing every answer must tell truly is `Fault.sent`: whether a changing command may have
reached the disk. Everything above decides by it between "try again" and "read before anything else".
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

MAX_FRAME = 4 * 1024 * 1024
HEADER = struct.Struct(">I")
# Steps whose lost answer leaves the disk in doubt; reading steps may simply be repeated.
CHANGING_STEPS = frozenset({"issue", "void", "apply_clear", "apply_order", "acknowledge", "change_pin"})

CONNECT_DEADLINE = 5.0
READ_DEADLINE = 5.0
APPLY_DEADLINE = 15.0
# How long a request may wait for its turn at a reader before it is sent back untouched.
QUEUE_DEADLINE = 20.0


class WireError(ValueError):
    """A frame that is too long, cut short or not the JSON object it should be."""


class FaultKind:
    """Why a request was not carried out, as the card host names it."""

    ABSENT = "absent"
    WRONG_CARD = "wrong_card"
    REFUSED = "refused"
    BROKEN = "broken"
    STUCK = "stuck"
    BUSY = "busy"
    BREAKER = "breaker"
    INVALID = "invalid"
    # Of carriers that sit elsewhere: too late to send, and no room to keep the answer.
    LATE = "late"
    NO_SPACE = "no_space"


@dataclass(frozen=True)
class Fault:
    """What went wrong; `sent` says whether the disk may have changed."""

    kind: str
    sent: bool = False
    code: str = ""
    status_word: int | None = None
    tries_left: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class CardRequest:
    """One visit to one disk: prove who it is, then do the steps, in one undisturbed exchange.

    `pin` unlocks the disk; the owner keeps it in memory only. `new_pin` goes with a step change_pin. Neither
    ever appears in a repr.
    `send_before` is a moment of this machine's boot clock (`boot.py`) from which nothing changing is sent any
    more; 0 sets none.
    """

    kind: str = "session"
    serial: str = ""
    certificate: str = ""
    steps: tuple[dict[str, Any], ...] = ()
    pin: str | None = field(default=None, repr=False)
    new_pin: str | None = field(default=None, repr=False)
    deadline: float = READ_DEADLINE
    reader: str = ""
    send_before: float = 0.0
    # The driver the ledger keeps with the disk; a card that asks for another is not that disk.
    driver: str = ""

    @property
    def is_changing(self) -> bool:
        """Whether a lost answer leaves the outcome unknown."""
        return any(step.get("op") in CHANGING_STEPS for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CardRequest:
        """Read a request. Raises: WireError."""
        try:
            return cls(
                kind=str(data["kind"]),
                serial=str(data.get("serial", "")),
                certificate=str(data.get("certificate", "")),
                steps=tuple(dict(step) for step in data.get("steps", ())),
                pin=None if data.get("pin") is None else str(data["pin"]),
                new_pin=None if data.get("new_pin") is None else str(data["new_pin"]),
                deadline=min(max(float(data.get("deadline", READ_DEADLINE)), 0.1), 60.0),
                reader=str(data.get("reader", "")),
                send_before=float(data.get("send_before", 0.0)),
                driver=str(data.get("driver", "")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WireError(f"not a card request: {error}") from error


@dataclass(frozen=True)
class CardAnswer:
    """What came of a request: a result per step, or one fault."""

    results: tuple[Any, ...] = ()
    identity: dict[str, Any] | None = None
    reader: str = ""
    is_unlocked: bool = False
    fault: Fault | None = None
    driver: str = ""
    # Whether the disk can tell its last receipts; without that an unknown outcome is a person's to settle.
    has_read_back: bool = True
    # Whether the hall's own reader carried it: set by the hall, by the way the answer came, and never sent.
    is_ours: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the answer as JSON values."""
        data = asdict(self)
        del data["is_ours"]
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CardAnswer:
        """Read an answer. Raises: WireError."""
        try:
            fault = data.get("fault")
            return cls(
                results=tuple(data.get("results", ())),
                identity=data.get("identity"),
                reader=str(data.get("reader", "")),
                is_unlocked=bool(data.get("is_unlocked", False)),
                fault=None if fault is None else Fault(**fault),
                driver=str(data.get("driver", "")),
                has_read_back=bool(data.get("has_read_back", True)),
            )
        except (TypeError, ValueError) as error:
            raise WireError(f"not a card answer: {error}") from error


def encode(message: dict[str, Any]) -> bytes:
    """Return the frame of a message. Raises: WireError when it is too long."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MAX_FRAME:
        raise WireError(f"a frame of {len(body)} bytes is over the limit of {MAX_FRAME}")
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> dict[str, Any]:
    """Return the message of a frame's body. Raises: WireError."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise WireError("a frame that is not JSON") from error
    if not isinstance(message, dict):
        raise WireError("a frame that is not a JSON object")
    return message


def body_length(header: bytes) -> int:
    """Return how many bytes follow. Raises: WireError."""
    if len(header) != HEADER.size:
        raise WireError("a frame cut short in its length")
    (length,) = HEADER.unpack(header)
    if length > MAX_FRAME:
        raise WireError(f"a frame of {length} bytes is over the limit of {MAX_FRAME}")
    return int(length)


def read_stream(stream: BinaryIO) -> dict[str, Any] | None:
    """Read one message from a pipe; None at its end. Raises: WireError."""
    header = stream.read(HEADER.size)
    if not header:
        return None
    length = body_length(header)
    body = stream.read(length)
    if len(body) != length:
        raise WireError("a frame cut short")
    return decode(body)


def read_socket(link: socket.socket) -> dict[str, Any]:
    """Read one message from a socket within its timeout. Raises: WireError, OSError."""
    return decode(_receive(link, body_length(_receive(link, HEADER.size))))


def _receive(link: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = link.recv(count - len(parts))
        if not part:
            raise WireError("the connection ended inside a frame")
        parts += part
    return bytes(parts)


async def read_async(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """Read one message; None when the peer has ended. Raises: WireError."""
    try:
        header = await reader.readexactly(HEADER.size)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise WireError("a frame cut short in its length") from error
        return None
    try:
        return decode(await reader.readexactly(body_length(header)))
    except asyncio.IncompleteReadError as error:
        raise WireError("a frame cut short") from error
