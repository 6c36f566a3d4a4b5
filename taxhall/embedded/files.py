"""Private folders, files written whole, and the lock between processes of one checkout."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taxhall.embedded.errors import EmbeddedError


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter. Raises: EmbeddedError when it may not be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
    except PermissionError as error:
        raise EmbeddedError(
            f"{path} belongs to another user; remove it as that user, or set HALL_VAR to a folder of your own"
        ) from error
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a 0600 file so that a reader, or a crash, sees the old text or the new one, never half."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def read_state(path: Path) -> dict[str, Any]:
    """Return what a state file says; an absent or damaged file says nothing."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state file whole."""
    write_whole(path, json.dumps(state, indent=1, sort_keys=True) + "\n")


def is_at(path: Path, descriptor: int) -> bool:
    """Say whether an open file is still the one that the path names."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock file; the kernel lets go of it when its holder dies."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
