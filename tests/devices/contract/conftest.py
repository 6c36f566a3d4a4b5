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

from devices.contract import DISKS, DRIVER, NOT_THERE, PIN_FILE, READER
from devices.gateway.base import Channel, Transport
from devices.gateway.drivers import OWN_DRIVERS, DiskDriver, load_drivers, select_driver
from devices.gateway.memory import MemoryTransport
from devices.gateway.session import DiskSession
from devices.virtual import VirtualDisk
from tests.devices.disks import AUTHORITY, PIN, Bench
from tests.devices.keys import PROFILES, under
from tests.devices.odd_disk import OddDisk, OddDriver

HERE = Path(__file__).resolve().parent


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
if DISKS in os.environ:
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
        return CARRIERS.get(carrier, memory_rack)
    from tests.devices.contract.pcsc_carrier import pcsc_bench

    return partial(pcsc_bench, request.getfixturevalue("pcscd"))


@dataclass
class DiskInReader:
    """One disk in one reader, as a stranger finds it: nothing but its PIN is known of it."""

    transport: Transport
    reader: str
    driver: DiskDriver
    pin: str

    def channel(self) -> AbstractContextManager[Channel]:
        """Open the reader; on leaving the disk is reset."""
        return self.transport.open(self.reader)

    def open(self, channel: Channel) -> DiskSession:
        """Select the applet of the driver under test."""
        return select_driver(channel, (self.driver,)).session

    @contextmanager
    def session(self, *, with_pin: bool = False) -> Iterator[DiskSession]:
        """Begin a conversation with the disk that has proved its own certificate's key."""
        with self.channel() as channel:
            session = self.open(channel)
            session.identity(session.certificate().public_key)
            if with_pin:
                session.verify_pin(self.pin)
            yield session


def _real_reader() -> Iterator[DiskInReader]:
    from devices.gateway.pcsc import PcscTransport

    transport, name = PcscTransport(), os.environ[READER]
    try:
        there = transport.readers()
        if name not in there:
            pytest.exit(f"there is no reader {name}; there are: {'; '.join(there) or 'none'}", returncode=NOT_THERE)
        pin_file = os.environ.get(PIN_FILE, "")
        pin = Path(pin_file).read_text(encoding="utf-8").strip() if pin_file else ""
        yield DiskInReader(transport, name, load_drivers([os.environ[DRIVER]])[0], pin)
    finally:
        transport.close()


if READER in os.environ:

    @pytest.fixture
    def in_reader() -> Iterator[DiskInReader]:
        """Return the disk in the reader that was named."""
        yield from _real_reader()

else:

    @pytest.fixture
    def in_reader(counter: Counter) -> DiskInReader:
        """Return the first disk of the counter."""
        return DiskInReader(counter.rack.transport, counter.rack.readers["first"], counter.driver, PIN)


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
    kept, out = [], []
    for item in items:
        (out if _is_beyond(item) else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=out)


def _is_beyond(item: pytest.Item) -> bool:
    # The hook sees the tests of the whole run, and others have a parameter of that name too.
    if HERE not in item.path.parents:
        return False
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
