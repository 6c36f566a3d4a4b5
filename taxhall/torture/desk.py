"""Disks in this process, before a hall serves them: where the torture's companies do their month."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devices import services as device_services
from devices.gateway.memory import MemoryTransport
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind, decode, encode
from devices.gateway.work import PinStore, Visit
from devices.virtual import VirtualDisk
from taxhall.common import clock, doorbell

READER = "desk"


class Desk:
    """One reader with one disk; it is also the card host of the services used inside `at_desk`."""

    def __init__(self, disk: VirtualDisk) -> None:
        self._serial = disk.serial
        self._transport = MemoryTransport({READER: disk})
        self._pins = PinStore()

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry a request as the card host does, through the same frames."""
        asked = CardRequest.from_json(decode(encode(request.to_json())[4:]))
        if asked.serial not in ("", self._serial):
            return CardAnswer(fault=Fault(FaultKind.ABSENT))
        answer = Visit(self._transport, READER, self._pins).carry(asked)
        return CardAnswer.from_json(decode(encode(answer.to_json())[4:]))

    def status(self) -> dict[str, Any]:
        """Return the readiness list."""
        reader = {"reader": READER, "is_present": True, "serial": self._serial, "is_unlocked": True, "is_broken": False}
        return {"transport": "memory", "problem": "", "readers": [reader]}


@contextmanager
def at_desk(path: Path) -> Iterator[VirtualDisk]:
    """Let every service call of this process reach the disk of this file, and nobody else's."""
    # A worker that heard of it would find no such disk and keep the order to itself for a while.
    desk = VirtualDisk.open(path, clock=clock.now)
    with desk as disk, device_services.use_card_host(Desk(disk)), doorbell.muffled():
        yield disk
