"""Which driver speaks to a disk: allowed by name, found by entry point, chosen by what the card answers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.gateway import drivers
from devices.gateway.base import BadAnswerError, CardRefusedError, TransportError
from devices.gateway.capabilities import is_missing
from devices.gateway.drivers import DriverError, choose_driver, load_drivers
from devices.gateway.memory import MemoryTransport
from devices.gateway.session import DiskSession
from devices.gateway.wire import CardAnswer, CardRequest, FaultKind
from devices.gateway.work import PinStore, Visit
from devices.virtual import VirtualDisk
from devices.virtual.odd import OddDisk
from tests.devices.disks import (
    AUTHORITY,
    CLEAR_KEY,
    FILING_SEASON,
    OCTOBER,
    PIN,
    READER,
    TestClock,
    draft_token,
    make_order,
    make_spec,
)
from tests.devices.odd_driver import OddDriver
from tests.project.sources import ROOT

BOTH = (DiskSession, OddDriver)
Offer = Callable[..., None]


@pytest.fixture
def odd_disk(tmp_path: Path) -> Iterator[OddDisk]:
    """A disk of another maker, its October over."""
    with OddDisk.create(tmp_path / "disk", make_spec(), clock=TestClock(FILING_SEASON)) as disk:
        yield disk


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Return a function that installs a package which offers a driver."""

    def installed(name: str, value: str, package: str = "maker") -> None:
        folder = tmp_path / package
        info = folder / f"{package}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{drivers.GROUP}]\n{name} = {value}\n")
        monkeypatch.syspath_prepend(str(folder))

    return installed


def visited(disk: VirtualDisk, *steps: dict[str, object], allowed: tuple[drivers.Driver, ...] = BOTH) -> CardAnswer:
    """Carry one request to the disk."""
    return Visit(MemoryTransport({READER: disk}), READER, PinStore(), drivers=allowed).carry(CardRequest(steps=steps))


# ---- which are allowed ----


def test_our_own_disk_is_registered_as_any_other() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][drivers.GROUP]
    assert table == {name: f"{made.__module__}:{made.__qualname__}" for name, made in drivers.BUILT_IN.items()}


def test_without_a_list_only_our_own_disk_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(drivers.VARIABLE, raising=False)
    assert load_drivers() == (DiskSession,)


def test_an_installed_package_is_not_used_unasked(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    offer("odd", "tests.devices.odd_driver:OddDriver")
    monkeypatch.setenv(drivers.VARIABLE, "taxhall")
    assert load_drivers() == (DiskSession,)
    monkeypatch.setenv(drivers.VARIABLE, "taxhall, odd")
    assert load_drivers() == BOTH


def test_a_package_cannot_take_the_name_of_our_disk(offer: Offer) -> None:
    offer("taxhall", "tests.devices.odd_driver:OddDriver")
    assert load_drivers(("taxhall",)) == (DiskSession,)


def test_a_name_that_nobody_offers_is_refused() -> None:
    with pytest.raises(DriverError, match="no installed package"):
        load_drivers(("taxhall", "nobody"))
    with pytest.raises(DriverError, match="no installed package"):
        drivers.require_known(("nobody",))


def test_a_name_that_two_packages_offer_is_refused(offer: Offer) -> None:
    offer("odd", "tests.devices.odd_driver:OddDriver")
    offer("odd", "elsewhere:Driver", package="impostor")
    with pytest.raises(DriverError, match="several"):
        load_drivers(("odd",))


@pytest.mark.parametrize(
    "value",
    [
        "no_such_module:Driver",
        "tests.devices.odd_driver:Missing",
        "pathlib:Path",
        "devices.gateway.session:DiskSession",
    ],
)
def test_what_is_no_driver_of_that_name_is_refused(offer: Offer, value: str) -> None:
    offer("odd", value)
    with pytest.raises(DriverError, match="odd"):
        load_drivers(("odd",))


def test_names_are_known_without_running_the_makers_code(offer: Offer) -> None:
    offer("odd", "no_such_module:Driver")
    drivers.require_known(("taxhall", "odd"))


# ---- which one a card needs ----


def test_the_card_chooses_its_driver(odd_disk: OddDisk, tmp_path: Path) -> None:
    with VirtualDisk.create(tmp_path / "ours", make_spec(), clock=TestClock()) as ours:
        for allowed in (BOTH, BOTH[::-1]):
            assert visited(ours, {"op": "pin_tries"}, allowed=allowed).driver == "taxhall"
            assert visited(odd_disk, {"op": "pin_tries"}, allowed=allowed).driver == "odd"


def test_a_card_without_an_allowed_driver_is_left_alone(odd_disk: OddDisk) -> None:
    before = odd_disk.path.read_bytes()
    answer = visited(odd_disk, {"op": "status"}, allowed=(DiskSession,))
    assert answer.fault is not None
    assert (answer.fault.kind, answer.fault.sent, answer.driver) == (FaultKind.REFUSED, False, "")
    assert odd_disk.path.read_bytes() == before


def test_a_version_that_the_driver_does_not_know_is_not_spoken_to(odd_disk: OddDisk) -> None:
    class Older(OddDriver):
        def speaks(self, version: object) -> bool:
            return False

    with (
        MemoryTransport({READER: odd_disk}).open(READER) as channel,
        pytest.raises(BadAnswerError, match=r"odd-disk 7\.2"),
    ):
        choose_driver(channel, (Older,))


def test_an_older_carrier_names_no_driver() -> None:
    told = CardAnswer(reader="r").to_json()
    del told["driver"]
    assert CardAnswer.from_json(told).driver == ""


# ---- what a disk lacks ----


@pytest.mark.parametrize("op", ["last_clear", "last_order", "last_signed", "find_signed", "find_void", "signed", "log"])
def test_what_a_disk_cannot_read_back_is_told_and_never_none(odd_disk: OddDisk, op: str) -> None:
    (result,) = visited(odd_disk, {"op": op, "request_id": "00" * 16, "counter": 1}).results
    assert is_missing(result)


# ---- chained answers ----


class Cutting:
    """A carrier that loses the disk, or lies, at the n-th exchange of one command."""

    def __init__(self, channel: object, ins: int, at: int, answer: bytes | None) -> None:
        self._channel, self._ins, self._at, self._answer = channel, ins, at, answer
        self._count = 0

    def transmit(self, apdu: bytes) -> bytes:
        self._count += 1 if self._count or apdu[1] == self._ins else 0
        if self._count != self._at:
            return self._channel.transmit(apdu)
        if self._answer is None:
            raise TransportError("cut", sent=True)
        return self._answer


def cleared_through(disk: OddDisk, *, at: int, answer: bytes | None) -> None:
    """Report October and clear it through a carrier that fails at an exchange of the clear."""
    transport = MemoryTransport({READER: disk})
    with transport.open(READER) as channel:
        session = OddDriver(channel)
        session.select()
        session.identity(AUTHORITY.anchor)
        session.verify_pin(PIN)
        session.report("A", OCTOBER)
    with transport.open(READER) as channel:
        session = OddDriver(Cutting(channel, 0x52, at, answer))
        session.select()
        session.identity(AUTHORITY.anchor)
        token = draft_token(session.begin_clear("A", OCTOBER), TestClock(FILING_SEASON)).seal(CLEAR_KEY)
        session.apply_clear(token)


def clear_counter(disk: OddDisk) -> int:
    """Return how often the disk was cleared."""
    (status,) = visited(disk, {"op": "status"}).results
    return int(status["clear_counter"])


@pytest.mark.parametrize("answer", [None, bytes.fromhex("6A88"), bytes.fromhex("6985"), bytes.fromhex("6100"), b""])
def test_an_answer_that_breaks_off_is_in_doubt_never_a_refusal(odd_disk: OddDisk, answer: bytes | None) -> None:
    # Exchanges of the clear: two parts of the token, of which the last is answered 61xx, then GET RESPONSE.
    with pytest.raises(TransportError) as caught:
        cleared_through(odd_disk, at=3, answer=answer)
    assert caught.value.sent
    assert clear_counter(odd_disk) == 1


def test_a_command_of_which_a_part_is_lost_is_not_carried_out(odd_disk: OddDisk) -> None:
    with pytest.raises(TransportError):
        cleared_through(odd_disk, at=2, answer=None)
    assert clear_counter(odd_disk) == 0


def test_a_part_that_is_refused_is_a_refusal(odd_disk: OddDisk) -> None:
    with pytest.raises(CardRefusedError):
        cleared_through(odd_disk, at=1, answer=bytes.fromhex("6A80"))
    assert clear_counter(odd_disk) == 0


def test_an_invoice_travels_in_parts(odd_disk: OddDisk) -> None:
    order = make_order(TestClock(FILING_SEASON))
    with MemoryTransport({READER: odd_disk}).open(READER) as channel:
        session, _ = choose_driver(channel, BOTH)
        session.identity(AUTHORITY.anchor)
        session.verify_pin(PIN)
        assert session.issue(order).order_digest == order.digest_under("intl")
