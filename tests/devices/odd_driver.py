"""A driver for a disk of another maker, written as such a maker would: from docs/drivers.md alone."""

from __future__ import annotations

from typing import ClassVar

from devices.gateway.base import Channel
from devices.gateway.capabilities import Capability
from devices.gateway.chained import ChainedExchange
from devices.gateway.exchange import Exchange
from devices.gateway.session import DiskSession
from devices.protocol.messages import VersionInfo
from devices.virtual.odd import ODD_APPLET, ODD_APPLET_ID

PIECE = 200


class OddDriver(DiskSession):
    """Short commands, chained answers, and nothing to read back."""

    DRIVER: ClassVar[str] = "odd"
    APPLET_ID: ClassVar[bytes] = ODD_APPLET_ID
    APPLET_NAME: ClassVar[str] = ODD_APPLET
    CAPABILITIES: ClassVar[frozenset[Capability]] = frozenset()

    def exchange_over(self, channel: Channel) -> Exchange:
        return ChainedExchange(channel)

    def speaks(self, version: VersionInfo) -> bool:
        return version.applet == self.APPLET_NAME and version.version.startswith("7.")

    def read_report(self, group: str, offset: int, length: int) -> bytes:
        """Read a long stretch in pieces: a short command cannot ask for more."""
        ends = range(offset, offset + length, PIECE)
        return b"".join(super(OddDriver, self).read_report(group, at, min(PIECE, offset + length - at)) for at in ends)
