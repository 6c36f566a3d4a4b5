"""The persistent memory of a virtual disk: one file, a journal of checked records, each all or nothing.

A record is one line: sequence number, CRC-32 and the JSON of the values it sets (null deletes). A power
cut can leave only an unfinished last line, which is cut away at the next start; any other damage means
that the memory is broken and the disk is refused rather than guessed at. One process at a time.
"""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

COMPACT_ABOVE = 1_000_000  # bytes; reached only at power-on, never inside a command

Values = dict[str, Any]


class PowerCutError(Exception):
    """The power went in the middle of a write; what was in flight may be in the file in part."""


class StateCorruptError(Exception):
    """The memory is damaged in a way that no power cut explains."""


class StateLockedError(Exception):
    """Another process holds this disk."""


class StateFile:
    """Key-value memory in one file. `before_write` may cut the power: it says how many bytes still land."""

    def __init__(self, path: Path, *, is_durable: bool = True) -> None:
        self.path = path
        self.is_durable = is_durable
        self.before_write: Callable[[bytes], int | None] = lambda _: None
        self.values: Values = {}
        self._descriptor = -1
        self._sequence = 0
        self._size = 0

    @classmethod
    def create(cls, path: Path, values: Values, *, is_durable: bool = True) -> StateFile:
        """Make a new file, readable by its owner alone. Raises: FileExistsError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(path.name + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_line(1, values))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike rename it never replaces a disk that is there
        finally:
            draft.unlink()
        _sync_folder(path)
        store = cls(path, is_durable=is_durable)
        store.open()
        return store

    def open(self) -> None:
        """Read the memory as it stands. Raises: StateCorruptError, StateLockedError, FileNotFoundError."""
        self.close()
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._load()
        except BlockingIOError as error:
            self.close()
            raise StateLockedError(f"{self.path.name} is held by another process") from error
        except StateCorruptError:
            self.close()
            raise
        if self._size > COMPACT_ABOVE:
            self._compact()

    @property
    def is_open(self) -> bool:
        """Whether the memory is powered."""
        return self._descriptor >= 0

    def close(self) -> None:
        """Let go of the file; what was committed stays."""
        if self.is_open:
            os.close(self._descriptor)
            self._descriptor = -1

    def commit(self, changes: Values) -> None:
        """Write all changes or none. Raises: PowerCutError; OSError when there is no room (none written)."""
        self._append(_line(self._sequence + 1, changes))
        self._sequence += 1
        _apply(self.values, changes)

    def _append(self, line: bytes) -> None:
        landing = self.before_write(line)
        if landing is not None:
            os.write(self._descriptor, line[:landing])
            raise PowerCutError
        try:
            written = os.write(self._descriptor, line)
            if written != len(line):
                raise OSError(f"only {written} of {len(line)} bytes were written")
            if self.is_durable:
                os.fdatasync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(line)

    def _load(self) -> None:
        data = self.path.read_bytes()
        self.values, self._sequence, self._size = {}, 0, 0
        for line in data.splitlines(keepends=True):
            changes = _parse(line, self._sequence + 1)
            if changes is None:
                break
            _apply(self.values, changes)
            self._sequence += 1
            self._size += len(line)
        if not self._sequence or b"\n" in data[self._size :].removesuffix(b"\n"):
            raise StateCorruptError(f"{self.path.name} is damaged after {self._size} bytes")
        if self._size < len(data):
            os.ftruncate(self._descriptor, self._size)

    def _compact(self) -> None:
        """Replace the journal by one record of the whole state; the old file stands until the rename."""
        line = _line(1, self.values)
        draft = self.path.with_name(self.path.name + ".new")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            landing = self.before_write(line)
            os.write(descriptor, line if landing is None else line[:landing])
            if landing is not None:
                raise PowerCutError
            os.fsync(descriptor)
            draft.replace(self.path)
            _sync_folder(self.path)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(self._descriptor)
        self._descriptor, self._sequence, self._size = descriptor, 1, len(line)


def _sync_folder(path: Path) -> None:
    """Make a new name last."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _apply(values: Values, changes: Values) -> None:
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value


def _line(sequence: int, changes: Values) -> bytes:
    body = json.dumps(changes, separators=(",", ":"), sort_keys=True).encode()
    head = f"{sequence} ".encode()
    return head + f"{zlib.crc32(head + body):08x} ".encode() + body + b"\n"


def _parse(line: bytes, sequence: int) -> Values | None:
    """Return the changes of a whole and expected record, else None."""
    parts = line.split(b" ", 2)
    if len(parts) != 3 or not line.endswith(b"\n") or parts[0] != str(sequence).encode():
        return None
    body = parts[2][:-1]
    if parts[1] != f"{zlib.crc32(parts[0] + b' ' + body):08x}".encode():
        return None
    changes: Values = json.loads(body)
    return changes
