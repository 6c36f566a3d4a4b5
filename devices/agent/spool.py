"""What disks did and the hall has not confirmed: on this PC's disk before anybody is told, until it is confirmed.

One file per visit. Before a changing visit is carried out its file is written with the request and filled up to a
fixed size, so that there is room for the answer whatever else fills the disk meanwhile; a visit for which there is
no room is not carried out. A file without an answer, or with a torn one, means that the disk may have acted.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devices.agent.places import sync_folder

logger = logging.getLogger(__name__)

SUFFIX = ".visit"
# An answer to a changing visit is one signed record of a few kilobytes, and its request as much again.
RESERVED = 64 * 1024
LIMIT = 64 * 1024 * 1024
MARK = 16


class SpoolFullError(Exception):
    """There is no room to keep the answer; the visit must not be carried out."""


@dataclass
class Entry:
    """One visit and what came of it, as far as is known."""

    visit: str
    fencing: int = 0
    request: dict[str, Any] = field(default_factory=lambda: {"kind": "session"})
    answer: dict[str, Any] | None = None
    is_recovered: bool = False
    # The request itself cannot be read any more; what is known is that there was one.
    is_damaged: bool = False
    path: Path | None = None


class Spool:
    """The entries of this PC; used from one thread at a time, counted from any."""

    def __init__(self, folder: Path, *, limit: int = LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read what an earlier run left; files that cannot be read are kept and told, never removed."""
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            entry = _read(path)
            with self._lock:
                self._entries[entry.visit] = entry

    def entries(self) -> list[Entry]:
        """Return what is not confirmed yet, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def begin(self, visit: str, fencing: int, request: dict[str, Any], *, is_changing: bool) -> Entry:
        """Note a visit before it is carried out; a changing one gets room for its answer on disk.

        Raises: SpoolFullError.
        """
        entry = Entry(visit=str(uuid.UUID(visit)), fencing=fencing, request=request)
        if is_changing:
            self._reserve(entry)
        with self._lock:
            self._entries[entry.visit] = entry
        return entry

    def finish(self, entry: Entry, answer: dict[str, Any], *, is_recovered: bool = False) -> None:
        """Keep the answer on disk; if even that fails it is kept in memory, and the file says that nobody knows."""
        entry.answer, entry.is_recovered = answer, is_recovered
        line = _line({"answer": answer, "is_recovered": is_recovered})
        try:
            if entry.path is None:
                self._write_whole(entry, line)
            elif not entry.is_damaged:
                _write_answer(entry.path, line)
        except (OSError, SpoolFullError) as error:
            logger.warning("the answer of %s is kept in memory only: %s", entry.visit, error)

    def confirm(self, entry: Entry) -> None:
        """Forget an entry that the hall holds now."""
        if entry.path is not None:
            entry.path.unlink(missing_ok=True)
            sync_folder(self._folder)
        with self._lock:
            self._entries.pop(entry.visit, None)

    def _reserve(self, entry: Entry) -> None:
        line = _line({"visit": entry.visit, "fencing": entry.fencing, "request": entry.request})
        self._create(entry, line + bytes(max(0, RESERVED - len(line))))

    def _write_whole(self, entry: Entry, line: bytes) -> None:
        self._create(entry, _line({"visit": entry.visit, "fencing": entry.fencing, "request": entry.request}) + line)

    def _create(self, entry: Entry, content: bytes) -> None:
        path = self._folder / f"{entry.visit}{SUFFIX}"
        try:
            if self._used() + len(content) > self._limit:
                raise SpoolFullError("the spool has reached its limit")
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self._folder)
        except OSError as error:
            # Nothing was sent yet, so half a file says nothing.
            path.unlink(missing_ok=True)
            raise SpoolFullError(str(error)) from error
        entry.path = path

    def _used(self) -> int:
        return sum(path.stat().st_size for path in self._folder.glob(f"*{SUFFIX}"))


def _write_answer(path: Path, line: bytes) -> None:
    with path.open("r+b") as file:
        file.readline()
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _line(value: dict[str, Any]) -> bytes:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(body).hexdigest()[:MARK].encode() + b" " + body + b"\n"


def _read(path: Path) -> Entry:
    entry = Entry(visit=path.stem, path=path)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        logger.warning("%s cannot be read: %s", path, error)
        lines = []
    begun = _parsed(lines[0]) if lines else None
    if begun is None:
        entry.is_damaged = True
        return entry
    entry.fencing, entry.request = int(begun.get("fencing", 0)), dict(begun.get("request", {}))
    done = _parsed(lines[1]) if len(lines) > 1 else None
    if done is not None:
        entry.answer, entry.is_recovered = done.get("answer"), bool(done.get("is_recovered"))
    return entry


def _parsed(line: bytes) -> dict[str, Any] | None:
    mark, _, body = line.partition(b" ")
    if hashlib.sha256(body).hexdigest()[:MARK].encode() != mark:
        return None
    value = json.loads(body)
    return value if isinstance(value, dict) else None
