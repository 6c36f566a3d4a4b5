"""One disk of a small trader in October 2026, in memory of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.devices.disks import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.build(tmp_path)
