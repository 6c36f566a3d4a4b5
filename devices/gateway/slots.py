"""The memory carrier: virtual disks over local sockets, in the frames of the virtual reader driver.

A frame is a two-byte length and a body; a body of one byte is a control (off, on, reset, ATR), anything
longer is an APDU. The disks live in `manage.py virtualdisk serve`, so an owner that is killed at its
deadline cannot harm one.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from devices.gateway.base import BadAnswerError, CardGoneError, ServiceLostError, TransportError
from devices.gateway.client import reachable

OFF, ON, RESET, ATR = b"\x00", b"\x01", b"\x02", b"\x04"
LENGTH = struct.Struct(">H")
SUFFIX = ".slot"
CONNECT_SECONDS = 2.0


def slot_name(path: Path) -> str:
    """Return the reader name of a slot's socket."""
    return f"内存读卡器 {path.stem}"


class SlotTransport:
    """The slots of one folder, each as a reader."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def readers(self) -> list[str]:
        """Return the names of the slots there are."""
        return sorted(slot_name(path) for path in self._folder.glob(f"*{SUFFIX}"))

    @contextlib.contextmanager
    def open(self, reader: str) -> Iterator[SlotChannel]:
        """Power the disk in a slot, and reset it at the end. Raises: TransportError."""
        with _connected(self._folder, reader) as link:
            channel = SlotChannel(link)
            channel.control(ON)
            if not channel.ask_atr():
                raise CardGoneError(f"no disk in {reader}", sent=False)
            try:
                yield channel
            finally:
                with contextlib.suppress(TransportError):
                    channel.control(RESET)
                    # Links are served side by side: the next visit must not find this reset still to be done.
                    channel.ask_atr()


class SlotChannel:
    """One disk in one slot."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command and return its answer. Raises: TransportError."""
        try:
            self._link.sendall(LENGTH.pack(len(apdu)) + apdu)
        except OSError as error:
            raise CardGoneError(str(error), sent=True) from error
        answer = self._receive()
        if len(answer) < 2 or answer[-2] >> 4 not in (0x6, 0x9):
            raise BadAnswerError(f"an answer of {len(answer)} bytes that is none", sent=True)
        return answer

    def control(self, code: bytes) -> None:
        """Send a control byte that has no answer. Raises: TransportError."""
        try:
            self._link.sendall(LENGTH.pack(1) + code)
        except OSError as error:
            raise CardGoneError(str(error), sent=False) from error

    def ask_atr(self) -> bytes:
        """Return the answer to reset; empty when the slot is."""
        self.control(ATR)
        return self._receive()

    def _receive(self) -> bytes:
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self._link.recv(count - len(parts))
            except OSError as error:
                raise CardGoneError(str(error), sent=True) from error
            if not part:
                raise CardGoneError("the disk went away inside an answer", sent=True)
            parts += part
        return bytes(parts)


class SlotPresence:
    """Looks whether a disk is in a slot; a connection of its own each time."""

    def __init__(self, folder: str, reader: str) -> None:
        self._folder = Path(folder)
        self._reader = reader
        self._pause = threading.Event()
        self._is_first = True

    def wait(self, seconds: float) -> bool:
        """Look once, after a pause from the second time on. Raises: TransportError."""
        if not self._is_first:
            self._pause.wait(seconds / 4)
        self._is_first = False
        with _connected(self._folder, self._reader) as link:
            link.settimeout(CONNECT_SECONDS)
            return bool(SlotChannel(link).ask_atr())


@contextlib.contextmanager
def _connected(folder: Path, reader: str) -> Iterator[socket.socket]:
    path = next((each for each in folder.glob(f"*{SUFFIX}") if slot_name(each) == reader), None)
    if path is None:
        raise CardGoneError(f"no slot named {reader}", sent=False)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        try:
            link.settimeout(CONNECT_SECONDS)
            with reachable(str(path)) as address:
                link.connect(address)
            link.settimeout(None)
        except OSError as error:
            raise ServiceLostError(f"{reader} does not answer: {error}", sent=False) from error
        yield link
