"""What the two embedded servers have in common."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taxhall.embedded import files, processes
from taxhall.embedded.errors import EmbeddedError
from taxhall.embedded.isolation import Isolation


@dataclass(frozen=True)
class ServerStatus:
    """What one server is doing now."""

    name: str
    running: bool
    pid: int | None = None
    port: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the status without secrets."""
        return {"name": self.name, "running": self.running, "pid": self.pid, "port": self.port}


@dataclass(frozen=True)
class Place:
    """Where the embedded servers of one var folder keep things."""

    home: Path

    @classmethod
    def under(cls, var: Path) -> Place:
        """Return the place for a var folder."""
        return cls(Path(var).resolve() / "embedded")

    def state_file(self, name: str) -> Path:
        """Return where a server's port is written."""
        return self.home / f"{name}.json"

    @property
    def lock_file(self) -> Path:
        """The lock that starting and stopping hold."""
        return self.home / "lock"

    @property
    def users_file(self) -> Path:
        """The lock that everybody who uses servers he did not start shares."""
        return self.home / "users"

    def password(self, name: str) -> tuple[str, bool]:
        """Return a server's password and whether it was made just now."""
        path = self.home / f"{name}.password"
        try:
            if found := path.read_text().strip():
                return found, False
        except OSError:
            pass
        made = secrets.token_urlsafe(32)
        files.write_whole(path, made + "\n")
        return made, True


ATTEMPTS = 4
# What a killed server left may hold its port for so long.
HELD_SECONDS = 3.0


class EmbeddedServer:
    """One server of ours: how to find it, start it and stop it."""

    name = ""

    def __init__(self, place: Place, isolation: Isolation, *, durable: bool) -> None:
        self.place = place
        self.isolation = isolation
        self.durable = durable
        self.folder = isolation.data_folder(place.home) / self.name
        self.state_file = place.state_file(self.name)
        self.log_file = self.folder.parent / f"{self.name}.log"

    def status(self) -> ServerStatus:
        """Look at the machine, not only at the state file."""
        pid = self.find_pid()
        return ServerStatus(self.name, pid is not None, pid, self.port() if pid else None)

    def port(self) -> int | None:
        """Return the port of the last start."""
        port = files.read_state(self.state_file).get("port")
        return port if isinstance(port, int) else None

    def find_pid(self) -> int | None:
        """Return the pid of this server if it runs."""
        raise NotImplementedError

    def start(self) -> bool:
        """Start unless it runs and answers; say whether it was started. Raises: EmbeddedError."""
        if self.find_pid() is not None:
            if processes.becomes_true(self.answers, seconds=10):
                return False
            self.stop()
        self.prepare()
        reason = ""
        last = self.port()
        for attempt in range(ATTEMPTS):
            # What a killed server left may still be ending, so its port is tried again: all that runs knows no other.
            # A port may also be taken between the probe and the start; then, at last, another one is tried.
            reason = self.launch(_free_port(last if attempt < ATTEMPTS - 1 else None))
            if not reason:
                return True
        raise EmbeddedError(f"{self.name} does not start: {reason}\n{self.last_words()}")

    def last_words(self) -> str:
        """Return the end of the server's log."""
        try:
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-15:])
        except OSError:
            return ""

    def write_state(self, **state: Any) -> None:
        """Record the port for everybody who connects later."""
        files.write_state(self.state_file, state)

    def prepare(self) -> None:
        """Make ready what a start needs."""
        raise NotImplementedError

    def launch(self, port: int) -> str:
        """Start on the port and wait until it answers; return why not."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Say whether the server does its work for our password."""
        raise NotImplementedError

    def stop(self) -> bool:
        """Stop the server; say whether there was one."""
        raise NotImplementedError


def _free_port(wanted: int | None) -> int:
    if wanted is not None:
        processes.becomes_true(lambda: processes.free_port(wanted) == wanted, seconds=HELD_SECONDS)
    return processes.free_port(wanted)
