"""The seam for disks of other makers: which classes there are, which may be used, and which one a card needs.

A maker registers a class under the entry-point group `taxhall.disk_drivers`. Being installed is not enough: only
names in HALL_DISK_DRIVERS are loaded. The choice goes by what the card answers to SELECT, never by a reader's name.
docs/drivers.md says what a driver must guarantee.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import metadata

from devices.gateway.base import BadAnswerError, CardRefusedError, Channel
from devices.gateway.session import DiskSession
from devices.protocol.messages import VersionInfo

GROUP = "taxhall.disk_drivers"
VARIABLE = "HALL_DISK_DRIVERS"
Driver = type[DiskSession]
# Our own disk needs no installation, and no package can take its name.
BUILT_IN: dict[str, Driver] = {DiskSession.DRIVER: DiskSession}
OWN: tuple[Driver, ...] = (DiskSession,)


class DriverError(ValueError):
    """A driver that is asked for is not there, or is none."""


def allowed_names() -> tuple[str, ...]:
    """Return the drivers that this process may use, in the order in which they are tried."""
    words = os.environ.get(VARIABLE, "") or DiskSession.DRIVER
    return tuple(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))


def load_drivers(names: Sequence[str] | None = None) -> tuple[Driver, ...]:
    """Return the allowed drivers; nothing that is not named is imported.

    Raises: DriverError for a name that no package offers, that two offer, or whose class is no driver.
    """
    return tuple(_load(name) for name in (allowed_names() if names is None else names))


def require_known(names: Sequence[str]) -> None:
    """Refuse names that no package offers, without running any of a maker's code. Raises: DriverError."""
    for name in names:
        if name not in BUILT_IN:
            _only_point(name)


def choose_driver(channel: Channel, drivers: Sequence[Driver]) -> tuple[DiskSession, VersionInfo]:
    """Select the applet of each driver in turn until the card has one, and return its session.

    A card without any is told by the answer to the first: the order is the operator's.
    Raises: CardRefusedError, TransportError.
    """
    first: CardRefusedError | BadAnswerError | None = None
    for driver in drivers:
        session = driver(channel)
        try:
            version = session.select()
        except (CardRefusedError, BadAnswerError) as error:
            first = first or error
            continue
        if session.speaks(version):
            return session, version
        first = first or BadAnswerError(f"no driver for {version.applet} {version.version}", sent=False)
    raise first or DriverError("no driver is allowed")


def _load(name: str) -> Driver:
    if name in BUILT_IN:
        return BUILT_IN[name]
    point = _only_point(name)
    try:
        driver = point.load()
    except (ImportError, AttributeError) as error:
        raise DriverError(f"disk driver {name!r} cannot be loaded: {error}") from error
    if not (isinstance(driver, type) and issubclass(driver, DiskSession)) or name != driver.DRIVER:
        raise DriverError(f"disk driver {name!r}: {point.value} is no DiskSession with that name")
    return driver


def _only_point(name: str) -> metadata.EntryPoint:
    found = {point.value: point for point in metadata.entry_points(group=GROUP, name=name)}
    if len(found) != 1:
        offered = "no installed package offers it" if not found else f"several offer it: {', '.join(sorted(found))}"
        raise DriverError(f"disk driver {name!r}: {offered}")
    (point,) = found.values()
    return point
