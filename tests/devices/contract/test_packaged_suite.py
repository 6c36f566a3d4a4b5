"""The suite that makers run, run here against every driver and carrier, and against disks that break it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devices.contract import __main__ as command
from devices.contract import checks
from devices.contract.checks import CHECKS
from devices.contract.run import BROKEN, KEPT, NOT_TRIED, run_check, run_checks
from devices.contract.stand import Stand
from devices.gateway.capabilities import Capability
from devices.gateway.drivers import Driver
from devices.gateway.memory import MemoryTransport
from devices.gateway.operations import OPERATIONS
from devices.gateway.session import DiskSession
from devices.protocol.messages import ClearReceipt, ClearToken
from devices.virtual import VirtualDisk
from devices.virtual.odd import OddDisk
from tests.devices.disks import AUTHORITY, CLEAR_KEY, FILING_SEASON, PIN, READER, TestClock, make_spec
from tests.devices.keys import PROFILES, under
from tests.devices.odd_driver import OddDriver
from tests.project.sources import ROOT

# What the odd disk cannot do, by name.
LACKING = {"reads_its_records_back", "keeps_a_whole_log"}
DRIVERS: dict[str, tuple[type[VirtualDisk], Driver]] = {
    "taxhall": (VirtualDisk, DiskSession),
    "odd": (OddDisk, OddDriver),
}


def stand_with(disk: VirtualDisk, driver: Driver, **changes: Any) -> Stand:
    """Return a stand with everything the suite may ask for."""
    values = {"trust": AUTHORITY.anchor, "pin": PIN, "clear_key": CLEAR_KEY} | changes
    return Stand(MemoryTransport({READER: disk}), READER, driver, **values)


@pytest.fixture(params=[(name, profile) for name in DRIVERS for profile in PROFILES], ids="-".join)
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A disk of each driver under each profile, its October over but still able to issue."""
    name, profile = request.param
    disk_class, driver = DRIVERS[name]
    with under(profile), disk_class.create(tmp_path / "disk", make_spec(), clock=TestClock(FILING_SEASON)) as disk:
        yield stand_with(disk, driver)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_each_driver_keeps_the_contract(stand: Stand, check: checks.Check) -> None:
    outcome = run_check(check, stand)
    is_lacking = stand.driver is OddDriver and check.__name__ in LACKING
    assert (outcome.result, outcome.why) == ((NOT_TRIED, outcome.why) if is_lacking else (KEPT, "")), outcome


def test_the_document_names_every_promise_and_operation() -> None:
    text = (ROOT / "docs" / "drivers.md").read_text()
    assert [each.__name__ for each in CHECKS if f"**{each.__name__.replace('_', ' ')}**" not in text] == []
    assert [name for name in OPERATIONS if f"`{name}`" not in text] == []
    assert [each for each in Capability if f"`{each}`" not in text] == []


def test_without_secrets_nothing_is_changed(tmp_path: Path) -> None:
    with OddDisk.create(tmp_path / "disk", make_spec(), clock=TestClock(FILING_SEASON)) as disk:
        before = disk.path.read_bytes()
        results = {each.name: each.result for each in run_checks(stand_with(disk, OddDriver, pin=None, clear_key=None))}
        assert disk.path.read_bytes() == before
    assert results["proves its identity"] == KEPT
    assert results["clears once"] == NOT_TRIED
    assert BROKEN not in results.values()


def test_a_driver_that_invents_receipts_is_found_out(tmp_path: Path) -> None:
    class Forgetful(DiskSession):
        """Says that the disk was cleared though it never asked it."""

        DRIVER = "forgetful"

        def apply_clear(self, token: ClearToken) -> ClearReceipt:
            receipt = super().apply_clear(token)
            return type(receipt)(**{**vars(receipt), "clear_counter_after": 7})

    with VirtualDisk.create(tmp_path / "disk", make_spec(), clock=TestClock(FILING_SEASON)) as disk:
        outcome = run_check(checks.clears_once, stand_with(disk, Forgetful))
    assert outcome.result == BROKEN
    assert "receipt" in outcome.why


def test_a_foreign_disk_breaks_the_first_promise(tmp_path: Path) -> None:
    with OddDisk.create(tmp_path / "disk", make_spec(), clock=TestClock(FILING_SEASON)) as disk:
        outcome = run_check(checks.is_chosen_by_select, stand_with(disk, DiskSession))
    assert outcome.result == BROKEN


def test_the_command_names_a_driver_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--driver", "nobody", "--reader", "x", "--transport", "memory"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_the_command_says_which_promises_were_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    with VirtualDisk.create(tmp_path / "disk", make_spec(), clock=TestClock(FILING_SEASON)) as disk:
        monkeypatch.setattr(command, "open_transport", lambda *_: MemoryTransport({READER: disk}))
        told = command.main(["--driver", "taxhall", "--reader", READER, "--pin-file", str(pin)])
    out = capsys.readouterr().out.splitlines()
    assert told == 0
    assert "ok   proves its identity" in out
    assert "--   clears once: no clear key was given" in out
