"""The seam for other vendors' disks: which drivers this host uses, and which of them a card asks for.

A driver is found by an entry point of the group `taxhall.disk_drivers` (docs/drivers.md), but only one that the
operator named, with the very object it must be: an installed package cannot slip a driver in unasked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from devices.gateway.base import BadAnswerError, CardRefusedError, Channel
from devices.gateway.session import DiskSession
from devices.protocol.constants import APPLET_NAME, PROTOCOL_VERSION
from devices.protocol.messages import VersionInfo
from devices.protocol.status_words import SW

GROUP = "taxhall.disk_drivers"
OWN = "taxhall"
# What our disk says to the name of an application that it does not hold.
_NO_SUCH_APPLET = frozenset({SW.NOT_FOUND, SW.INS_UNKNOWN})


class DriverError(ValueError):
    """A driver that was named cannot be used, and why."""


class DiskDriver(Protocol):
    """One kind of disk: how it is recognised and how a conversation with it is held."""

    # A short name of letters, digits and hyphens; the ledger keeps it with the disk.
    name: str

    def session(self, channel: Channel) -> DiskSession:
        """Return a conversation over an open channel; nothing is sent yet."""
        ...

    def accepts(self, version: VersionInfo) -> bool:
        """Say whether the applet that was selected is one that this driver speaks."""
        ...


class OwnDriver:
    """The disk of docs/device-protocol.md: one registered driver among others."""

    name = OWN

    def session(self, channel: Channel) -> DiskSession:
        """Return a conversation in the protocol as it is written."""
        return DiskSession(channel)

    def accepts(self, version: VersionInfo) -> bool:
        """Take our applet, in any version of the same major number."""
        major = PROTOCOL_VERSION.partition(".")[0]
        return version.applet == APPLET_NAME and version.version.partition(".")[0] == major


OWN_DRIVERS: tuple[DiskDriver, ...] = (OwnDriver(),)


@dataclass(frozen=True)
class Selected:
    """A conversation in which the applet was selected, and the driver whose applet it is."""

    driver: DiskDriver
    session: DiskSession
    version: VersionInfo


def select_driver(channel: Channel, drivers: Sequence[DiskDriver] = OWN_DRIVERS) -> Selected:
    """Ask the card for each driver's applet in turn and return the first that it has.

    Raises: CardRefusedError when it has none of them, TransportError.
    """
    first: CardRefusedError | BadAnswerError | None = None
    for driver in drivers:
        session = driver.session(channel)
        try:
            version = session.select()
        except CardRefusedError as error:
            if error.status_word not in _NO_SUCH_APPLET:
                raise
            first = first or error
        except BadAnswerError as error:
            # Another vendor's word for "no such applet"; selecting changes nothing, so the next may ask.
            first = first or error
        else:
            if driver.accepts(version):
                return Selected(driver, session, version)
    raise first or BadAnswerError("the applet is of a version that no driver here speaks", sent=True)


def load_drivers(allowed: Sequence[str]) -> tuple[DiskDriver, ...]:
    """Return the drivers that are allowed, in that order: `taxhall`, or `name=module:object` of a vendor.

    Nothing else is imported, whatever is installed. Raises: DriverError.
    """
    names = [entry.partition("=")[0] for entry in allowed]
    if not names or len(set(names)) != len(names):
        raise DriverError(f"name each driver once, and at least one: {', '.join(allowed) or 'none'}")
    return tuple(_load(entry) for entry in allowed)


def _load(entry: str) -> DiskDriver:
    name, _, pinned = entry.partition("=")
    if name == OWN:
        if pinned:
            raise DriverError(f"{OWN} is our own driver and cannot be another: {entry}")
        return OWN_DRIVERS[0]
    found = _installed(name, pinned)
    try:
        driver: DiskDriver = found.load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise DriverError(f"the driver {entry} does not load: {error}") from error
    if driver.name != name:
        raise DriverError(f"the driver {entry} calls itself {driver.name}")
    return driver


def _installed(name: str, pinned: str) -> EntryPoint:
    """Return the one entry point that is exactly what was pinned. Raises: DriverError."""
    offered = list(entry_points(group=GROUP, name=name))
    if not pinned:
        raise DriverError(f"say which object {name} is, as {name}=module:object; installed: {_listed(offered)}")
    values = {each.value for each in offered}
    if values != {pinned}:
        raise DriverError(f"{name} must be {pinned}; installed: {_listed(offered)}")
    return offered[0]


def _listed(offered: Sequence[EntryPoint]) -> str:
    return ", ".join(sorted({each.value for each in offered})) or "none"
