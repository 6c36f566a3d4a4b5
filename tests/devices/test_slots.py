"""The memory carrier's links: what one visit leaves undone must not fall on the next."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from devices.gateway.session import DiskSession
from devices.gateway.slots import SlotTransport
from devices.virtual import VirtualDisk
from devices.virtual.serving import Serving
from tests.devices.disks import START, make_spec


def test_the_reset_at_the_end_of_a_visit_is_done_before_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    VirtualDisk.create(tmp_path / "disks" / "661000000001.disk", make_spec(), clock=lambda: START).close()
    resets: list[str] = []
    at_once = VirtualDisk.reset

    def reset_when_the_machine_is_busy(disk: VirtualDisk) -> None:
        threading.Event().wait(0.1)
        at_once(disk)
        resets.append("done")

    serving = Serving(
        disks=tmp_path / "disks", run_folder=tmp_path / "run", transport="memory", slots=1, clock=lambda: START
    )
    serving.start()
    try:
        monkeypatch.setattr(VirtualDisk, "reset", reset_when_the_machine_is_busy)
        transport = SlotTransport(str(tmp_path / "run" / "slots"))
        with transport.open(transport.readers()[0]) as channel:
            DiskSession(channel).select()
        # One when the power came, one when the visit ended.
        assert resets == ["done", "done"]
    finally:
        serving.stop()
