"""One visit to one disk: select, prove who it is, give the PIN, do the steps, leave it reset.

Used by the owner process of a reader, and by racks of in-memory disks. It turns every fault into a
`CardAnswer` and decides the one thing that matters, whether a changing command may have reached the disk.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from devices.gateway import operations
from devices.gateway.base import (
    CardGoneError,
    CardRefusedError,
    CardResetError,
    Channel,
    NotTheEnrolledDiskError,
    ReaderBusyError,
    Transport,
    TransportError,
)
from devices.gateway.boot import boot_seconds
from devices.gateway.drivers import OWN_DRIVERS, DiskDriver, Selected, select_driver
from devices.gateway.session import DiskSession
from devices.gateway.wire import CHANGING_STEPS, CardAnswer, CardRequest, Fault, FaultKind
from devices.protocol.certificates import DiskCertificate, TrustAnchor
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import DiskIdentity

IDLE_SECONDS = 15 * 60.0
CHANGE_PIN = "change_pin"
# For these a PIN that is held is given first; a disk does all the others for anyone, or for the authority alone.
PIN_STEPS = frozenset({"issue", "void", "report"})
PUBLIC_STEPS = frozenset(operations.OPERATIONS) - PIN_STEPS


class _TooLateError(Exception):
    """The right to send has run out; nothing was sent."""


class PinStore:
    """PINs in memory only, per serial, forgotten on removal, on a reset by others, when refused or idle."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pins: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "PinStore(…)"

    def remember(self, serial: str, pin: str) -> None:
        """Hold a PIN that the disk has accepted."""
        with self._lock:
            self._pins[serial] = (pin, self._now())

    def take(self, serial: str) -> str | None:
        """Return the PIN for use now, which keeps it from growing idle."""
        with self._lock:
            pin = self._fresh(serial)
            if pin is not None:
                self._pins[serial] = (pin, self._now())
            return pin

    def holds(self, serial: str) -> bool:
        """Tell whether a PIN is held, without touching it."""
        with self._lock:
            return self._fresh(serial) is not None

    def forget(self, serial: str) -> None:
        """Drop the PIN of one disk."""
        with self._lock:
            self._pins.pop(serial, None)

    def forget_all(self) -> None:
        """Drop every PIN: the disk was taken out or reset by somebody else."""
        with self._lock:
            self._pins.clear()

    def _fresh(self, serial: str) -> str | None:
        pin, used_at = self._pins.get(serial, (None, 0.0))
        if pin is not None and self._now() - used_at >= IDLE_SECONDS:
            del self._pins[serial]
            return None
        return pin


def _kind_of(error: TransportError, *, is_sent: bool) -> str:
    if isinstance(error, NotTheEnrolledDiskError):
        return FaultKind.WRONG_CARD
    if isinstance(error, ReaderBusyError):
        return FaultKind.BUSY
    if isinstance(error, CardGoneError) and not is_sent:
        return FaultKind.ABSENT
    return FaultKind.BROKEN


def _refusal(error: CardRefusedError) -> Fault:
    return Fault(
        FaultKind.REFUSED,
        code=error.code,
        status_word=error.status_word,
        tries_left=error.tries_left,
        detail=str(error),
    )


class _Counted:
    """A channel that reports every exchange before it begins."""

    def __init__(self, channel: Channel, count: Callable[[], None]) -> None:
        self._channel = channel
        self._count = count

    def transmit(self, apdu: bytes) -> bytes:
        self._count()
        return self._channel.transmit(apdu)


class Visit:
    """Carries one request to the disk in one reader."""

    def __init__(
        self,
        transport: Transport,
        reader: str,
        pins: PinStore,
        *,
        trust: TrustAnchor | None = None,
        drivers: Sequence[DiskDriver] = OWN_DRIVERS,
        on_connected: Callable[[], None] = lambda: None,
        on_sending: Callable[[], None] = lambda: None,
    ) -> None:
        self._transport = transport
        self._reader = reader
        self._pins = pins
        self._trust = trust
        self._drivers = drivers
        self._on_connected = on_connected
        self._on_sending = on_sending
        self._is_changing = False
        self._exchanges = 0

    def carry(self, request: CardRequest) -> CardAnswer:
        """Do the request and answer; never raises for what a disk, a reader or a service may do."""
        try:
            with self._transport.open(self._reader) as channel:
                self._on_connected()
                return self._begin(_Counted(channel, self._count), request)
        except TransportError as error:
            if isinstance(error, CardGoneError | CardResetError):
                self._pins.forget_all()
            return self._failed(error)
        except (ProtocolError, KeyError, TypeError, ValueError) as error:
            fault = Fault(FaultKind.INVALID, sent=self._exchanges > 0, detail=f"{type(error).__name__}: {error}")
            return CardAnswer(reader=self._reader, fault=fault)

    def _begin(self, channel: Channel, request: CardRequest) -> CardAnswer:
        try:
            selected = select_driver(channel, self._drivers)
        except CardRefusedError as error:
            return self._answer(None, fault=_refusal(error))
        if request.driver and request.driver != selected.driver.name:
            return CardAnswer(reader=self._reader, fault=Fault(FaultKind.WRONG_CARD))
        return self._told_by(selected, self._inside(selected.session, request))

    @staticmethod
    def _told_by(selected: Selected, answer: CardAnswer) -> CardAnswer:
        return replace(answer, driver=selected.driver.name, has_read_back=selected.session.has_read_back)

    def _inside(self, session: DiskSession, request: CardRequest) -> CardAnswer:
        identity: DiskIdentity | None = None
        try:
            identity = self._prove(session, request)
            if request.serial and identity.serial != request.serial:
                return CardAnswer(reader=self._reader, fault=Fault(FaultKind.WRONG_CARD))
            self._give_pin(session, identity.serial, request)
            results = tuple(self._step(session, step, request) for step in request.steps)
        except _TooLateError:
            return self._answer(identity, fault=Fault(FaultKind.LATE, sent=self._exchanges > 0))
        except CardRefusedError as error:
            return self._answer(identity, fault=_refusal(error))
        return self._answer(identity, results=results)

    def _prove(self, session: DiskSession, request: CardRequest) -> DiskIdentity:
        if request.certificate:
            return session.identity(DiskCertificate.from_pem(request.certificate).public_key)
        if self._trust is not None:
            return session.identity(self._trust)
        return session.identity(session.certificate().public_key)

    def _give_pin(self, session: DiskSession, serial: str, request: CardRequest) -> None:
        if any(step.get("op") == CHANGE_PIN for step in request.steps):
            return  # the old PIN is given with the new one, once
        if request.pin is not None:
            self._pins.forget(serial)
            session.verify_pin(request.pin)
            self._pins.remember(serial, request.pin)
            return
        if all(step.get("op") in PUBLIC_STEPS for step in request.steps):
            return
        pin = self._pins.take(serial)
        if pin is not None:
            # Dropped before it is tried: a PIN that the disk refuses must never be tried twice.
            self._pins.forget(serial)
            session.verify_pin(pin)
            self._pins.remember(serial, pin)

    def _step(self, session: DiskSession, step: dict[str, Any], request: CardRequest) -> Any:
        if step.get("op") in CHANGING_STEPS:
            if request.send_before and boot_seconds() >= request.send_before:
                raise _TooLateError
            self._on_sending()
            self._is_changing = True
        if step.get("op") == CHANGE_PIN:
            return self._change_pin(session, request)
        return operations.run_step(session, step)

    def _change_pin(self, session: DiskSession, request: CardRequest) -> bool:
        if not request.serial or request.pin is None or request.new_pin is None:
            raise ValueError("change_pin needs the disk, its old PIN and the new one")
        self._pins.forget(request.serial)
        session.change_pin(request.pin, request.new_pin)
        self._pins.remember(request.serial, request.new_pin)
        return True

    def _count(self) -> None:
        if self._is_changing:
            self._exchanges += 1

    def _failed(self, error: TransportError) -> CardAnswer:
        # Before a changing step nothing can have changed; within its first exchange the carrier knows.
        is_sent = self._exchanges > 1 or (self._exchanges == 1 and error.sent)
        fault = Fault(_kind_of(error, is_sent=is_sent), sent=is_sent, detail=str(error))
        return CardAnswer(reader=self._reader, fault=fault)

    def _answer(
        self,
        identity: DiskIdentity | None,
        *,
        results: tuple[Any, ...] = (),
        fault: Fault | None = None,
    ) -> CardAnswer:
        return CardAnswer(
            results=results,
            identity=None if identity is None else identity.to_json(),
            reader=self._reader,
            is_unlocked=identity is not None and self._pins.holds(identity.serial),
            fault=fault,
        )
