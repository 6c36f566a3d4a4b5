"""A process that serves a disk is really killed (SIGKILL) at each write of each command: before it, in the middle of
it, after it and before it was made to last, and after that. The file holds the old state or the new one, and the
same command again ends well."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devices.gateway.operations import run_step
from devices.protocol.messages import IssueDataChange
from devices.protocol.pins import make_transport_pin
from devices.virtual import VirtualDisk
from tests.devices.disks import PIN, Bench, make_ack, make_order, make_stock
from tests.devices.virtual.killed import MOMENTS
from tests.devices.virtual.refusals import memory_of

PATIENCE_SECONDS = 60
PERIOD = {"group": "A", "period_start": "2026-10-01", "period_end": "2026-10-31"}


def issue(bench: Bench) -> dict[str, Any]:
    return {"op": "issue", "order": make_order(bench.clock).to_json()}


def void(bench: Bench) -> dict[str, Any]:
    invoice = bench.issue()
    request = uuid.uuid4().hex
    return {"op": "void", "kind": "007", "code": invoice.code, "number": invoice.number, "request_id": request}


def report(bench: Bench) -> dict[str, Any]:
    bench.issue()
    bench.to_filing_season()
    return {"op": "report", **PERIOD}


def begin_clear(bench: Bench) -> dict[str, Any]:
    bench.report_october()
    return {"op": "begin_clear", **PERIOD}


def apply_clear(bench: Bench) -> dict[str, Any]:
    bench.issue()
    bench.report_october()
    return {"op": "apply_clear", "token": bench.token().to_json()}


def acknowledge(bench: Bench) -> dict[str, Any]:
    return {"op": "acknowledge", "ack": make_ack(1, bench.issue(), bench.clock).to_json()}


def add_stock(bench: Bench) -> dict[str, Any]:
    return {"op": "apply_order", "order": bench.signed_order("add_stock", segments=(make_stock(),)).to_json()}


def change(bench: Bench) -> dict[str, Any]:
    order = bench.signed_order("change_issue_data", change=IssueDataChange(taxpayer_name="新名称"))
    return {"op": "apply_order", "order": order.to_json()}


def unblock(bench: Bench) -> dict[str, Any]:
    bench.block_pin()
    order = bench.signed_order("unblock_pin", pin=make_transport_pin()[1])
    return {"op": "apply_order", "order": order.to_json()}


def disable(bench: Bench) -> dict[str, Any]:
    bench.return_all_stock()
    return {"op": "apply_order", "order": bench.signed_order("disable").to_json()}


STEPS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    step.__name__: step
    for step in (
        issue,
        void,
        report,
        begin_clear,
        apply_clear,
        acknowledge,
        add_stock,
        change,
        unblock,
        disable,
    )
}


class Victim:
    """A prepared disk, copied afresh for every killing."""

    def __init__(self, bench: Bench, step: dict[str, Any]) -> None:
        self._origin, self._clock, self.step = bench, bench.clock, step
        bench.disk.close()

    def kill(self, folder: Path, *, points: tuple[int, ...], pin: str) -> dict[tuple[int, str], Path]:
        """Have a process killed in the step on a copy of the disk, for every point and moment."""
        paths = {(point, moment): folder / f"{point}-{moment}.disk" for point in points for moment in MOMENTS}
        told = {"clock": self._clock().isoformat(), "pin": pin, "step": self.step}
        cases = []
        for (point, moment), path in paths.items():
            shutil.copy(self._origin.disk.path, path)
            cases.append(told | {"path": str(path), "point": point, "moment": moment})
        done = subprocess.run(
            [sys.executable, "-m", "tests.devices.virtual.killed"],
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [-signal.SIGKILL] * len(cases), done.stderr
        return paths

    def reopened(self, path: Path) -> Bench:
        """Take the disk up again as a new process would: the lock of the dead one is gone."""
        return Bench(VirtualDisk.open(path, clock=self._clock), self._clock)

    def memory_before(self) -> dict[str, Any]:
        return memory_of(self._origin)


def pin_for(name: str) -> str:
    return "" if name == "unblock" else PIN


@pytest.mark.parametrize("name", STEPS)
def test_a_killed_process_leaves_the_old_state_or_the_new_one(tmp_path: Path, name: str) -> None:
    origin = Bench.build(tmp_path / "origin", durable=True)
    victim = Victim(origin, STEPS[name](origin))
    for (_, moment), path in victim.kill(tmp_path, points=(1,), pin=pin_for(name)).items():
        bench = victim.reopened(path)
        is_new = moment in ("unsynced", "synced")
        assert (memory_of(bench) != victim.memory_before()) is is_new
        assert bench.session(pin=None).log().is_whole
        run_step(bench.session(pin=pin_for(name) or None), victim.step)
        assert_done_once(bench, victim)
        bench.disk.close()


def assert_done_once(bench: Bench, victim: Victim) -> None:
    before, after = victim.memory_before()["counters"], memory_of(bench)["counters"]
    moved = {name: after[name] - before.get(name, 0) for name in ("sign", "report", "clear", "order")}
    asked = {"issue": "sign", "void": "sign", "report": "report", "apply_clear": "clear", "apply_order": "order"}
    expected = asked.get(victim.step["op"], "")
    assert moved == {name: int(name == expected) for name in moved}


def test_a_process_killed_while_the_pin_is_changed_leaves_the_old_pin_or_the_new_one(tmp_path: Path) -> None:
    origin = Bench.build(tmp_path / "origin", durable=True)
    victim = Victim(origin, {"op": "change_pin", "old": PIN, "new": "13579135"})
    for (point, moment), path in victim.kill(tmp_path, points=(1, 2), pin="").items():
        bench = victim.reopened(path)
        is_taken = point == 2 or moment in ("unsynced", "synced")
        is_changed = point == 2 and moment in ("unsynced", "synced")
        assert bench.session(pin=None).pin_tries() == (8 if is_changed or not is_taken else 7)
        assert bench.session(pin="13579135" if is_changed else PIN).pin_tries() == 8
        bench.disk.close()
