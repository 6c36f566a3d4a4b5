"""Which carrier a card host uses, and what it needs of each: readers, visits, presence.

`pcsc` drives real and virtual readers through the card service. `memory` reaches virtual disks through
the local sockets of `manage.py virtualdisk serve`, with no card service between.
"""

from __future__ import annotations

from typing import Protocol

from devices.gateway.base import Transport
from devices.gateway.slots import SlotPresence, SlotTransport

PCSC, MEMORY = "pcsc", "memory"


class Presence(Protocol):
    """Watches one reader."""

    def wait(self, seconds: float) -> bool:
        """Wait for a change, at most so long; tell whether a card is there. Raises: TransportError."""


def open_transport(name: str, slots: str) -> Transport:
    """Return the carrier. The PC/SC library is imported only where it is used."""
    if name == PCSC:
        from devices.gateway.pcsc import PcscTransport  # noqa: PLC0415  (not installed on every host)

        return PcscTransport()
    return SlotTransport(slots)


def presence_of(name: str, reader: str, slots: str) -> Presence:
    """Return a watch on one reader, with resources of its own."""
    if name == PCSC:
        from devices.gateway.pcsc import PcscPresence  # noqa: PLC0415  (not installed on every host)

        return PcscPresence(reader)
    return SlotPresence(slots, reader)
