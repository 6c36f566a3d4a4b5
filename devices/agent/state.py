"""What the agent knows of itself, for its page and for `taxhall-agent status`; safe to read from any thread."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from devices.agent import VERSION


@dataclass(frozen=True)
class Snapshot:
    """One look at the agent."""

    version: str = VERSION
    hall: str = ""
    taxpayer_name: str = ""
    taxpayer_number: str = ""
    is_connected: bool = False
    is_revoked: bool = False
    last_contact: str = ""
    problem: str = ""
    readers_problem: str = ""
    clock_drift: int = 0
    newest_version: str = ""
    waiting: int = 0
    in_work: int = 0
    unreported: int = 0
    damaged: int = 0
    disks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_outdated(self) -> bool:
        """Whether the hall knows a newer version; the agent says so and never changes itself."""
        return version_number(self.newest_version) > version_number(self.version)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "is_outdated": self.is_outdated}


class State:
    """The newest snapshot."""

    def __init__(self, first: Snapshot) -> None:
        self._lock = threading.Lock()
        self._snapshot = first

    def look(self) -> Snapshot:
        """Return the newest snapshot."""
        with self._lock:
            return self._snapshot

    def change(self, **values: Any) -> None:
        """Put new values in place of old ones."""
        with self._lock:
            self._snapshot = replace(self._snapshot, **values)


def version_number(text: str) -> tuple[int, ...]:
    """Return a version as it is compared; what is none is lower than any."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
