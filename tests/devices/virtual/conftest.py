"""One disk of a small trader in October 2026, in memory of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.devices.disks import Bench


@pytest.fixture(scope="module", autouse=True)
def under_both_profiles(profile: str) -> None:
    """Every test of this folder holds under both profiles; none is slow enough to be left out."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench.build(tmp_path)
