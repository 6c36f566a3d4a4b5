"""The hall's business clock as disks see it: wall time plus the offset that the demo clock page sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path


def wall_clock() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


def demo_clock(offset_file: Path) -> Callable[[], datetime]:
    """Return a clock that reads the offset at each use, so that disks and hall move together."""

    def read() -> datetime:
        try:
            return wall_clock() + timedelta(seconds=json.loads(offset_file.read_text())["seconds"])
        except (OSError, ValueError, KeyError):
            return wall_clock()

    return read
