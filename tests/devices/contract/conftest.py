"""The carriers that must all pass this suite. To add one, write a builder and name it in CARRIERS.

A builder is a context manager that takes virtual disks by reader name and yields a Rack: the transport,
the real name of each reader, and how a disk is taken out of it and put back.
"""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from devices.contract import DISKS, DRIVER
from devices.gateway.base import Channel, Transport
from devices.gateway.drivers import OWN_DRIVERS, DiskDriver, load_drivers, select_driver
from devices.gateway.memory import MemoryTransport
from devices.gateway.session import DiskSession
from devices.virtual import VirtualDisk
from tests.devices.disks import AUTHORITY, PIN, Bench
from tests.devices.keys import PROFILES, under
from tests.devices.odd_disk import OddDisk, OddDriver


@dataclass
class Rack:
    """A transport with the disks behind it."""

    transport: Transport
    readers: Mapping[str, str]  # the name in the test -> the reader's own name
    remove: Callable[[str], None]
    insert: Callable[[str], None]


Builder = Callable[[Mapping[str, VirtualDisk]], AbstractContextManager[Rack]]


@contextmanager
def memory_rack(disks: Mapping[str, VirtualDisk]) -> Iterator[Rack]:
    transport = MemoryTransport(disks)
    yield Rack(
        transport=transport,
        readers={name: name for name in disks},
        remove=transport.remove,
        insert=lambda name: transport.insert(name, disks[name]),
    )


CARRIERS: dict[str, Builder] = {"memory": memory_rack, "odd": memory_rack}


@dataclass(frozen=True)
class Make:
    """Whose disks are tested: how one is issued, and the driver that speaks to it."""

    create: Callable[..., Any]
    driver: DiskDriver


MAKES: dict[str, Make] = {"odd": Make(OddDisk.create, OddDriver())}
OURS = Make(VirtualDisk.create, OWN_DRIVERS[0])
if DRIVER in os.environ:
    # `python -m devices.contract`: a vendor's driver with the vendor's disks instead of ours.
    CARRIERS = {"vendor": memory_rack}
    _create = pkgutil.resolve_name(os.environ[DISKS])
    MAKES = {"vendor": Make(_create, load_drivers([os.environ[DRIVER]])[0])}


@dataclass
class Counter:
    """A hall's counter with two readers: one disk in each, of two companies."""

    rack: Rack
    first: Bench
    second: Bench
    profile: str
    driver: DiskDriver = OWN_DRIVERS[0]

    def open(self, channel: Channel) -> DiskSession:
        """Select the applet as a reader's owner does: by what the card holds."""
        return select_driver(channel, (self.driver,)).session

    @contextmanager
    def session(self, name: str = "first", *, pin: str | None = PIN) -> Iterator[DiskSession]:
        with self.rack.transport.open(self.rack.readers[name]) as channel:
            session = self.open(channel)
            session.identity(AUTHORITY.anchor)
            if pin is not None:
                session.verify_pin(pin)
            yield session


def _builder(carrier: str, request: pytest.FixtureRequest) -> Builder:
    if carrier != "pcsc":
        return CARRIERS[carrier]
    from tests.devices.contract.pcsc_carrier import pcsc_bench

    return partial(pcsc_bench, request.getfixturevalue("pcscd"))


# A carrier moves bytes and knows no algorithm, so the slow one runs under one profile, but for the tests that
# ask for ("pcsc", "sm") themselves.
COUNTERS = [
    *((carrier, profile) for carrier in CARRIERS for profile in PROFILES),
    *([] if DRIVER in os.environ else [pytest.param(("pcsc", "intl"), marks=pytest.mark.pcsc)]),
]


@pytest.fixture(params=COUNTERS, ids="-".join)
def counter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counter]:
    carrier, profile = request.param
    make = MAKES.get(carrier, OURS)
    with under(profile):
        first = Bench.build(tmp_path / "first", create=make.create)
        second = Bench.build(
            tmp_path / "second", create=make.create, serial="911000000002", taxpayer_number="91610131000000019Y"
        )
        disks = {"first": first.disk, "second": second.disk}
        with _builder(carrier, request)(disks) as rack:
            yield Counter(rack, first, second, profile, make.driver)
        for bench in (first, second):
            bench.disk.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a kind of disk has no means for; the names of what is left out stay in the run's summary."""
    out = [item for item in items if _is_beyond(item)]
    items[:] = [item for item in items if item not in out]
    config.hook.pytest_deselected(items=out)


def _is_beyond(item: pytest.Item) -> bool:
    param = getattr(item, "callspec", None) and item.callspec.params.get("counter")
    if not param:
        return False
    if param[0] == "pcsc" and DRIVER in os.environ:
        return True
    if param[0] not in MAKES:
        return False
    session = MAKES[param[0]].driver.session(_Nobody())
    return (item.get_closest_marker("read_back") is not None and not session.has_read_back) or (
        item.get_closest_marker("one_exchange") is not None and param[0] != "memory"
    )


class _Nobody:
    """A channel that is never used."""

    def transmit(self, apdu: bytes) -> bytes:
        raise AssertionError(apdu)
