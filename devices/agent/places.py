"""Where this program keeps its few files, on Linux, Windows and macOS; all of them for its own user alone."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "TAXHALL_AGENT_HOME"
FOLDER = "taxhall-agent"


class AlreadyRunningError(Exception):
    """Another agent works with these files."""


@dataclass(frozen=True)
class Places:
    """The state folder and what is in it."""

    home: Path

    @property
    def enrolment(self) -> Path:
        """Which hall this PC belongs to, and its token."""
        return self.home / "enrolment.json"

    @property
    def key(self) -> Path:
        """The private key, made here."""
        return self.home / "agent.key"

    @property
    def device_ca(self) -> Path:
        """The certificate that vouches for disks, as the hall gave it."""
        return self.home / "device-ca.pem"

    @property
    def session(self) -> Path:
        """The number of the last session that was asked for."""
        return self.home / "session"

    @property
    def secret(self) -> Path:
        """What opens the page on this PC; made once per installation."""
        return self.home / "page.secret"

    @property
    def page(self) -> Path:
        """Where the page listens while the agent runs."""
        return self.home / "page.json"

    @property
    def lock(self) -> Path:
        """Held by the one agent that runs."""
        return self.home / "agent.lock"

    @property
    def spool(self) -> Path:
        """What disks did and the hall has not confirmed."""
        return self.home / "spool"

    def prepare(self) -> None:
        """Make the folders, for this user alone. Raises: OSError."""
        for folder in (self.home, self.spool):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if os.name == "posix":
                folder.chmod(0o700)


def default_home(system: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the state folder where the system expects it; TAXHALL_AGENT_HOME comes first.

    On Windows the folder lies in the user's profile, whose access list keeps other users out.
    """
    if told := environment.get(HOME_VARIABLE):
        return Path(told)
    home = Path(environment.get("USERPROFILE") or environment.get("HOME") or Path.home())
    if system == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / FOLDER
    if system == "darwin":
        return home / "Library" / "Application Support" / FOLDER
    return Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state") / FOLDER


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by this user alone, safe against a power cut. Raises: OSError."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder survive a power cut; on Windows the system does so by itself."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def alone(places: Places) -> Iterator[None]:
    """Let one agent at a time work with these files; the system frees the lock of one that was killed.

    Raises: AlreadyRunningError.
    """
    handle = os.open(places.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  (only Windows has it)

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415  (Windows does not have it)

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise AlreadyRunningError("another agent runs with these files") from error
