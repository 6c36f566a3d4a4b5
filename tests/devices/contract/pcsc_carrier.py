"""The PC/SC carrier in the contract suite: real card service, real virtual reader driver."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from devices.gateway.base import TransportError
from devices.gateway.pcsc import PcscTransport
from devices.gateway.pcscd import PrivatePcscd
from devices.gateway.session import DiskSession
from devices.virtual import VirtualDisk
from devices.virtual.rack import Slot
from devices.virtual.vpcd import VpcdCard

PATIENCE_SECONDS = 10.0


class PcscBench:
    """Disks behind the readers of a worker's card service."""

    def __init__(self, service: PrivatePcscd, disks: Mapping[str, VirtualDisk]) -> None:
        self.transport = PcscTransport()
        self.readers = {name: slot.reader for name, slot in zip(disks, service.slots, strict=False)}
        self._disks = dict(disks)
        self._slots = {name: Slot(self.readers[name]) for name in disks}
        self._halt = threading.Event()
        ports = {name: slot.port for name, slot in zip(disks, service.slots, strict=False)}
        self._cards = [VpcdCard(self._slots[name], ports[name], self._halt) for name in disks]

    def start(self) -> None:
        """Put every disk in."""
        for card in self._cards:
            card.start()
        for name in self._disks:
            self.insert(name)

    def insert(self, name: str) -> None:
        """Put a disk in and wait until it is usable."""
        self._slots[name].put(self._disks[name])
        self._await(name, is_there=True)

    def remove(self, name: str) -> None:
        """Take a disk out and wait until the reader has noticed."""
        self._slots[name].put(None)
        self._await(name, is_there=False)

    def stop(self) -> None:
        """Cards first; the service belongs to the worker."""
        self._halt.set()
        for slot in self._slots.values():
            slot.put(None)
        for card in self._cards:
            card.join(PATIENCE_SECONDS)
        for name in self._disks:
            self._await(name, is_there=False)
        self.transport.close()

    def _await(self, name: str, *, is_there: bool) -> None:
        pause, deadline = threading.Event(), time.monotonic() + PATIENCE_SECONDS
        while self._answers(name) != is_there:
            assert time.monotonic() < deadline, f"{name} is_there={is_there} was not seen"
            pause.wait(0.05)

    def _answers(self, name: str) -> bool:
        with suppress(TransportError), self.transport.open(self.readers[name]) as channel:
            DiskSession(channel).select()
            return True
        return False


@contextmanager
def pcsc_bench(service: PrivatePcscd, disks: Mapping[str, VirtualDisk]) -> Iterator[PcscBench]:
    """Run the disks in the readers of the service."""
    bench = PcscBench(service, disks)
    bench.start()
    try:
        yield bench
    finally:
        bench.stop()
