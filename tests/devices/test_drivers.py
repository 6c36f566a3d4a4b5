"""Which driver speaks to a disk: the one that was allowed, is pinned, and whose applet the card holds."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from devices import contract
from devices.gateway import drivers
from devices.gateway.base import CardRefusedError
from devices.gateway.drivers import OWN, OWN_DRIVERS, DriverError, load_drivers, select_driver
from devices.gateway.memory import MemoryTransport
from devices.gateway.wire import CardRequest
from devices.gateway.work import PinStore, Visit
from devices.virtual import VirtualDisk
from tests.devices.disks import READER, TestClock, make_spec
from tests.devices.odd_disk import OddDisk, OddDriver

ODD = "tests.devices.odd_disk:OddDriver"
BOTH = (*OWN_DRIVERS, OddDriver())


@pytest.fixture
def installed(monkeypatch):
    """Let packages be installed that offer drivers."""
    offered: list[EntryPoint] = []

    def found(*, group: str, name: str) -> list[EntryPoint]:
        return [each for each in offered if (each.group, each.name) == (group, name)]

    monkeypatch.setattr(drivers, "entry_points", found)
    return lambda name, value: offered.append(EntryPoint(name, value, drivers.GROUP))


def visit(disk, *, drivers=BOTH, **asked):
    transport = MemoryTransport({READER: disk})
    return Visit(transport, READER, PinStore(), drivers=drivers).carry(
        CardRequest(steps=({"op": "status"}, {"op": "last_clear"}), **asked)
    )


def test_our_own_disk_is_one_driver_and_needs_no_package():
    assert [driver.name for driver in load_drivers([OWN])] == [OWN]


def test_a_vendors_driver_is_loaded_when_it_is_exactly_what_was_pinned(installed):
    installed("odd", ODD)
    assert [driver.name for driver in load_drivers([OWN, f"odd={ODD}"])] == [OWN, "odd"]


def test_an_installed_driver_that_nobody_asked_for_is_not_even_imported(installed):
    installed("intruder", "tests.no_such_module:Driver")
    assert [driver.name for driver in load_drivers([OWN])] == [OWN]


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        ([f"odd={ODD}"], "installed: evil:Driver"),
        (["odd"], "say which object"),
        (["gone=a:B"], "installed: none"),
        ([f"taxhall={ODD}"], "cannot be another"),
        ([OWN, OWN], "once"),
        ([], "at least one"),
    ],
)
def test_anything_but_what_was_pinned_is_refused_in_words(installed, allowed, words):
    installed("odd", "evil:Driver")
    with pytest.raises(DriverError, match=words):
        load_drivers(allowed)


def test_a_second_package_under_the_same_name_is_refused(installed):
    installed("odd", ODD)
    installed("odd", "evil:Driver")
    with pytest.raises(DriverError, match="evil"):
        load_drivers([f"odd={ODD}"])


def test_a_driver_that_does_not_load_or_calls_itself_otherwise_is_refused(installed):
    installed("odd", "tests.devices.odd_disk:Gone")
    installed("other", ODD)
    with pytest.raises(DriverError, match="does not load"):
        load_drivers(["odd=tests.devices.odd_disk:Gone"])
    with pytest.raises(DriverError, match="calls itself odd"):
        load_drivers([f"other={ODD}"])


def test_the_card_decides_which_driver_speaks_to_it(tmp_path):
    ours = VirtualDisk.create(tmp_path / "ours.disk", make_spec(), clock=TestClock())
    odd = OddDisk.create(tmp_path / "odd.disk", make_spec(), clock=TestClock())
    assert (visit(ours).driver, visit(ours).has_read_back) == (OWN, True)
    assert (visit(odd).driver, visit(odd).has_read_back) == ("odd", False)
    assert visit(odd).results[1] is None


def test_a_card_of_another_driver_than_the_ledgers_is_another_disk(tmp_path):
    odd = OddDisk.create(tmp_path / "odd.disk", make_spec(), clock=TestClock())
    assert visit(odd, driver="odd").fault is None
    fault = visit(odd, driver=OWN).fault
    assert (fault.kind, fault.sent) == ("wrong_card", False)


def test_a_card_that_no_driver_here_knows_is_refused_before_anything_is_sent(tmp_path):
    odd = OddDisk.create(tmp_path / "odd.disk", make_spec(), clock=TestClock())
    fault = visit(odd, drivers=OWN_DRIVERS).fault
    assert fault is not None
    assert not fault.sent
    with (
        MemoryTransport({READER: odd}).open(READER) as channel,
        pytest.raises(CardRefusedError),
    ):
        select_driver(channel)


def test_the_suite_for_vendors_says_what_is_wrong_with_a_driver(capsys):
    with pytest.raises(SystemExit) as caught:
        contract.main(["--driver", "gone=a:B"])
    assert caught.value.code == 2
    assert "installed: none" in capsys.readouterr().err
