"""The carriers that must all pass this suite. To add one, write a builder and name it in CARRIERS.

A builder is a context manager that takes virtual disks by reader name and yields a Rack: the transport,
the real name of each reader, and how a disk is taken out of it and put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from devices.gateway.base import Transport
from devices.gateway.memory import MemoryTransport
from devices.gateway.session import DiskSession
from devices.virtual import VirtualDisk
from tests.devices.disks import AUTHORITY, PIN, Bench
from tests.devices.keys import PROFILES, under


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


CARRIERS: dict[str, Builder] = {"memory": memory_rack}


@dataclass
class Counter:
    """A hall's counter with two readers: one disk in each, of two companies."""

    rack: Rack
    first: Bench
    second: Bench
    profile: str

    @contextmanager
    def session(self, name: str = "first", *, pin: str | None = PIN) -> Iterator[DiskSession]:
        with self.rack.transport.open(self.rack.readers[name]) as channel:
            session = DiskSession(channel)
            session.select()
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
    pytest.param(("pcsc", "intl"), marks=pytest.mark.pcsc),
]


@pytest.fixture(params=COUNTERS, ids="-".join)
def counter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counter]:
    carrier, profile = request.param
    with under(profile):
        first = Bench.build(tmp_path / "first")
        second = Bench.build(tmp_path / "second", serial="911000000002", taxpayer_number="91610131000000019Y")
        disks = {"first": first.disk, "second": second.disk}
        with _builder(carrier, request)(disks) as rack:
            yield Counter(rack, first, second, profile)
        for bench in (first, second):
            bench.disk.close()
