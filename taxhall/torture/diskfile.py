"""Reading a disk's own file while others hold it: the witness that nobody can talk into anything.

Its own reading of the journal, not the disk's code: a line counts when it is whole and its sum is right.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any


class DiskFile:
    """What is committed on one disk now."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] = (-1, -1)
        self._values: dict[str, Any] = {}

    @property
    def values(self) -> dict[str, Any]:
        """The memory's values, read again when the file has changed."""
        stat = self.path.stat()
        seen = (stat.st_mtime_ns, stat.st_size)
        if seen != self._seen:
            self._values, self._seen = _committed(self.path.read_bytes()), seen
        return self._values

    @property
    def clears(self) -> int:
        """How often the disk was cleared."""
        return int(self.values["counters"]["clear"])

    @property
    def signatures(self) -> int:
        """How many records the disk has signed."""
        return int(self.values["counters"]["sign"])

    @property
    def lock_date(self) -> str:
        """The lock date (锁死日期) of the group of 专票 and 普票."""
        return str(self.values["group/A"]["cut_off"])

    @property
    def receipt(self) -> tuple[bytes, bytes] | None:
        """The last receipt's bytes and its signature."""
        kept = self.values.get("receipt/A")
        return None if kept is None else (bytes.fromhex(kept["raw"]), bytes.fromhex(kept["signature"]))

    def records_of(self, request_id: str) -> list[dict[str, Any]]:
        """Return what was signed for a request."""
        records = [value for key, value in self.values.items() if key.startswith("record/")]
        return [each for each in records if each["request_id"] == request_id]


def _committed(data: bytes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for line in data.split(b"\n")[:-1]:
        head, _space, rest = line.partition(b" ")
        total, _space, body = rest.partition(b" ")
        if f"{zlib.crc32(head + b' ' + body):08x}".encode() != total:
            break
        for key, value in json.loads(body).items():
            values[key] = value
    return {key: value for key, value in values.items() if value is not None}
