"""The PC/SC carrier in the contract suite: real card service, real virtual reader driver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress

from devices.gateway.base import Channel, TransportError
from devices.gateway.pcsc import PcscPresence, PcscTransport
from devices.gateway.pcscd import PrivatePcscd
from devices.gateway.session import DiskSession
from devices.virtual import VirtualDisk
from devices.virtual.rack import Slot
from devices.virtual.vpcd import VpcdCard

PATIENCE_SECONDS = 10.0


class PatientTransport(PcscTransport):
    """Waits for a disk that is on its way back into its reader, as a person would."""

    def __init__(self, await_disk: Callable[[str], None]) -> None:
        super().__init__()
        self._await_disk = await_disk

    def open(self, reader: str) -> AbstractContextManager[Channel]:
        self._await_disk(reader)
        return super().open(reader)


class PcscBench:
    """Disks behind the readers of a worker's card service."""

    def __init__(self, service: PrivatePcscd, disks: Mapping[str, VirtualDisk]) -> None:
        self.transport = PatientTransport(self._await_return)
        self._plain = PcscTransport()
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
        self._until(lambda: self._answers(self.readers[name]), f"{name} is not usable")

    def remove(self, name: str) -> None:
        """Take a disk out and wait until the card service has noticed.

        Nobody may speak to the reader meanwhile: a failed reset hides the removal.
        """
        self._slots[name].put(None)
        presence = PcscPresence(self.readers[name])
        self._until(lambda: not presence.wait(0.5), f"{name} is still there")

    def stop(self) -> None:
        """Cards first; the service belongs to the worker."""
        for name in self._disks:
            self.remove(name)
        self._halt.set()
        for card in self._cards:
            card.join(PATIENCE_SECONDS)
        self.transport.close()
        self._plain.close()

    def _await_return(self, reader: str) -> None:
        slot = next(slot for slot in self._slots.values() if slot.name == reader)
        if slot.disk is not None:
            self._until(lambda: self._answers(reader), f"{reader} did not come back")

    def _answers(self, reader: str) -> bool:
        with suppress(TransportError), self._plain.open(reader) as channel:
            DiskSession(channel).select()
            return True
        return False

    @staticmethod
    def _until(holds: Callable[[], bool], complaint: str) -> None:
        pause, deadline = threading.Event(), time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, complaint
            pause.wait(0.05)


@contextmanager
def pcsc_bench(service: PrivatePcscd, disks: Mapping[str, VirtualDisk]) -> Iterator[PcscBench]:
    """Run the disks in the readers of the service."""
    bench = PcscBench(service, disks)
    bench.start()
    try:
        yield bench
    finally:
        bench.stop()
