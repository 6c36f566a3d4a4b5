"""The disk's clock: its source plus an offset that outlives power; demo disks follow the hall's demo clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devices.virtual import VirtualDisk, demo_clock
from tests.devices.disks import Bench


def test_the_offset_outlives_power(bench: Bench) -> None:
    bench.disk.set_clock(bench.clock() - timedelta(days=3))
    path, clock = bench.disk.path, bench.clock
    bench.disk.close()
    with VirtualDisk.open(path, clock=clock) as disk:
        assert disk.clock_offset == timedelta(days=-3)
        assert disk.now == clock() - timedelta(days=3)


def test_the_first_offset_is_that_of_the_issue_data(tmp_path: Path) -> None:
    bench = Bench.build(tmp_path, clock_offset=timedelta(minutes=-90))
    assert bench.session(pin=None).status().clock == bench.clock() - timedelta(minutes=90)


def test_the_demo_clock_is_read_at_each_use_and_survives_a_bad_file(tmp_path: Path) -> None:
    file = tmp_path / "demo-clock.json"
    clock = demo_clock(file)
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=5)
    file.write_text(json.dumps({"seconds": 86400}))
    assert abs(clock() - datetime.now(UTC) - timedelta(days=1)) < timedelta(seconds=5)
    file.write_text("{")
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=5)
