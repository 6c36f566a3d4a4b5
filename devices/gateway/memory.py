"""Virtual disks in the same process: the carrier of most tests, with no daemon and no socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from devices.gateway.base import CardGoneError, Channel, ReaderBusyError
from devices.virtual.disk import VirtualDisk
from devices.virtual.faults import CardVanishedError


class _MemoryChannel:
    def __init__(self, disk: VirtualDisk) -> None:
        self._disk = disk

    def transmit(self, apdu: bytes) -> bytes:
        try:
            return self._disk.process(apdu)
        except CardVanishedError as error:
            raise CardGoneError(sent=True) from error


class MemoryTransport:
    """Readers by name, each with a virtual disk or empty."""

    def __init__(self, disks: Mapping[str, VirtualDisk]) -> None:
        self._disks = dict(disks)
        self._locks: dict[str, threading.Lock] = {name: threading.Lock() for name in disks}

    def readers(self) -> list[str]:
        """Return the names of the readers."""
        return sorted(self._locks)

    def insert(self, reader: str, disk: VirtualDisk) -> None:
        """Put a disk into a reader, new or known."""
        self._locks.setdefault(reader, threading.Lock())
        self._disks[reader] = disk

    def remove(self, reader: str) -> None:
        """Pull the disk out; a conversation that runs loses it."""
        disk = self._disks.pop(reader, None)
        if disk is not None:
            disk.pull()

    @contextmanager
    def open(self, reader: str) -> Iterator[Channel]:
        """Power the disk and hold the reader. Raises: CardGoneError, ReaderBusyError."""
        disk = self._disks.get(reader)
        if disk is None:
            raise CardGoneError(sent=False)
        if not self._locks[reader].acquire(timeout=5):
            raise ReaderBusyError(sent=False)
        try:
            disk.reset()
            yield _MemoryChannel(disk)
        finally:
            if disk.is_powered:
                disk.reset()
            self._locks[reader].release()
