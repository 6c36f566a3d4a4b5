"""A var folder of the test's own, whose servers are stopped whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from taxhall.embedded import servers


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """Return an empty var folder."""
    folder = tmp_path / "a checkout" / "var"
    yield folder
    servers.stop(folder)
