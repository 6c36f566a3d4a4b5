"""Slots with virtual disks: what is in which, and how each answers over a link.

A link is a stream of frames as the virtual reader driver (vpcd) speaks them: two bytes of length, then a
body. One byte is a control (off, on, reset, ATR), anything longer an APDU. The same code serves pcscd's
driver and the local sockets of the memory carrier.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any

from devices.virtual.disk import VirtualDisk
from devices.virtual.faults import CardVanishedError
from devices.virtual.store import StateCorruptError, StateLockedError

logger = logging.getLogger(__name__)

SUFFIX = ".disk"
LENGTH = struct.Struct(">H")
LONGEST_FRAME = 0xFFFF
OFF, ON, RESET, ATR = 0, 1, 2, 4
# TS, T0 with seven historical bytes, T=1, "TAXDISK", check byte.
_ATR_BODY = bytes.fromhex("878001") + b"TAXDISK"
DISK_ATR = b"\x3b" + _ATR_BODY + bytes((reduce(xor, _ATR_BODY),))
# A disk that lost its power in a fault comes back after this long: longer than pcscd's poll, so that
# the removal is seen, as when a person pulls a disk and puts it back.
RETURN_SECONDS = 1.0
# No hand is faster. The card service would miss a removal shorter than its poll, and after a failed reset
# it then takes the slot for empty for ever.
HAND_SECONDS = 0.5
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class RackError(Exception):
    """The control channel asked for something that cannot be done."""


class Slot:
    """One reader's worth of room for a disk."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.disk: VirtualDisk | None = None
        self.links: set[socket.socket] = set()
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._back_at = 0.0
        self._emptied_at = 0.0

    @property
    def present(self) -> VirtualDisk | None:
        """The disk in the slot, unless a fault has just thrown it out."""
        return self.disk if time.monotonic() >= self._back_at else None

    def put(self, disk: VirtualDisk | None) -> VirtualDisk | None:
        """Change what is in the slot; whoever was speaking to the old disk loses the link.

        Into a slot that was just emptied a disk comes no faster than a hand; in place of another, at once.
        """
        with self._changed:
            old, self.disk = self.disk, None
        if old is not None and old is not disk:
            old.pull()
        # The old link goes before the new disk shows, so that a new link cannot be broken by mistake.
        self._break_links()
        with self._changed:
            self.disk = disk
            self._back_at = self._emptied_at + HAND_SECONDS if old is None else 0.0
            if disk is None:
                self._emptied_at = time.monotonic()
            self._changed.notify_all()
        return old

    def wait_present(self, seconds: float) -> VirtualDisk | None:
        """Wait for a disk, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self.present is not None, seconds)
        return self.present

    def leave(self) -> None:
        """The disk lost its power: the link breaks, and the disk returns a little later."""
        with self._changed:
            self._back_at = time.monotonic() + RETURN_SECONDS
        self._break_links()

    def process(self, disk: VirtualDisk, apdu: bytes) -> bytes:
        """Let the disk answer, one command at a time. Raises: CardVanishedError."""
        with self._turn:
            return disk.process(apdu)

    def _break_links(self) -> None:
        for link in list(self.links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)


class Link:
    """Serves one connection of a driver or carrier from one slot."""

    def __init__(self, slot: Slot, connection: socket.socket, *, is_tcp: bool) -> None:
        self._slot = slot
        self._connection = connection
        self._is_tcp = is_tcp

    def serve(self) -> None:
        """Answer frames until the peer or the disk goes away."""
        self._slot.links.add(self._connection)
        try:
            if self._is_tcp and self._slot.present is None:
                return  # taken out while the link was being made
            while (body := self._receive()) is not None:
                if not self._answer(body):
                    return
        except CardVanishedError:
            self._slot.leave()
        except OSError as error:
            logger.info("link of %s ended: %s", self._slot.name, error)
        finally:
            self._slot.links.discard(self._connection)

    def _answer(self, body: bytes) -> bool:
        disk = self._slot.present
        if len(body) == 1:
            self._control(body[0], disk)
            return True
        if disk is None:
            return False
        # The length field has sixteen bits; a longer answer is cut as a broken card would.
        self._send(self._slot.process(disk, body)[:LONGEST_FRAME])
        return True

    def _control(self, code: int, disk: VirtualDisk | None) -> None:
        if code == ATR:
            self._send(DISK_ATR if disk is not None else b"")
        elif code in (OFF, ON, RESET) and disk is not None:
            disk.reset()

    def _send(self, body: bytes) -> None:
        self._connection.sendall(LENGTH.pack(len(body)) + body)

    def _receive(self) -> bytes | None:
        header = self._exactly(LENGTH.size)
        if header is None:
            return None
        (length,) = LENGTH.unpack(header)
        return self._exactly(length) if length else b""

    def _exactly(self, count: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            if self._is_tcp and _QUICKACK is not None:
                # The driver writes length and body apart; without this, set anew before each read,
                # every exchange waits 44 ms for a delayed acknowledgement.
                self._connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            part = self._connection.recv(count - len(parts))
            if not part:
                return None
            parts += part
        return bytes(parts)


class Rack:
    """All disks of one folder, some of them in slots."""

    def __init__(self, folder: Path, slot_names: list[str], clock: Callable[[], datetime]) -> None:
        self.slots = [Slot(name) for name in slot_names]
        self._folder = folder
        self._clock = clock
        self._disks: dict[str, VirtualDisk] = {}
        self._paths: set[Path] = set()
        self._lock = threading.RLock()

    def scan(self) -> list[str]:
        """Take every new disk file and put it into a free slot; return the serials that are new."""
        found = []
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if path not in self._paths and (serial := self._take(path)) is not None:
                found.append(serial)
        return found

    def _take(self, path: Path) -> str | None:
        try:
            disk = VirtualDisk.open(path, clock=self._clock)
        except (StateLockedError, OSError) as error:
            logger.info("%s is not free yet: %s", path.name, error)
            return None
        except StateCorruptError:
            logger.exception("%s is damaged and is left out", path.name)
            self._paths.add(path)
            return None
        with self._lock:
            self._paths.add(path)
            self._disks[disk.serial] = disk
            free = next((slot for slot in self.slots if slot.disk is None), None)
            if free is not None:
                free.put(disk)
        return disk.serial

    def disk(self, serial: str) -> VirtualDisk:
        """Return a disk. Raises: RackError."""
        try:
            return self._disks[serial]
        except KeyError as error:
            raise RackError(f"no disk {serial} in {self._folder}") from error

    def slot_of(self, serial: str) -> Slot | None:
        """Return where a disk is, or None when it lies beside the readers."""
        return next((slot for slot in self.slots if slot.disk is self.disk(serial)), None)

    def insert(self, serial: str, slot_name: str = "") -> str:
        """Put a disk into a slot and return its name. Raises: RackError."""
        with self._lock:
            if (slot := self.slot_of(serial)) is not None:
                return slot.name
            for slot in self.slots:
                if slot.disk is None and slot_name in ("", slot.name):
                    slot.put(self.disk(serial))
                    return slot.name
        raise RackError("no free slot" if not slot_name else f"{slot_name} is taken or does not exist")

    def remove(self, serial: str) -> None:
        """Pull a disk out, even one that hangs."""
        with self._lock:
            if (slot := self.slot_of(serial)) is not None:
                slot.put(None)

    def swap(self, serial: str, other: str) -> str:
        """Put another disk into a disk's slot without any gap. Raises: RackError."""
        with self._lock:
            slot = self.slot_of(serial)
            if slot is None:
                raise RackError(f"{serial} is in no slot")
            if (elsewhere := self.slot_of(other)) is not None:
                elsewhere.put(None)
            slot.put(self.disk(other))
            return slot.name

    def describe(self) -> list[dict[str, Any]]:
        """Return every disk: where it is, its clock and what is switched wrong with it."""
        with self._lock:
            return [self._line(serial) for serial in sorted(self._disks)]

    def _line(self, serial: str) -> dict[str, Any]:
        disk, slot = self.disk(serial), self.slot_of(serial)
        return {
            "serial": serial,
            "taxpayer": disk.issue_data.taxpayer_name,
            "slot": "" if slot is None else slot.name,
            "clock": disk.now.isoformat(),
            "clock_offset": disk.clock_offset.total_seconds(),
            "fired": list(disk.faults.fired) if disk.issue_data.is_virtual else [],
        }

    def close(self) -> None:
        """Take the power from every disk."""
        for slot in self.slots:
            slot.put(None)
        for disk in self._disks.values():
            disk.pull()
