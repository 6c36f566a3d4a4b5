"""A refusal must name its status word and leave the disk exactly as it was, but for a line in its log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from devices.gateway.base import CardRefusedError
from tests.devices.disks import Bench


def memory_of(bench: Bench) -> dict[str, Any]:
    """Return what the disk has stored, read from its file by other code than its own.

    Left out are the tries of the PIN, for giving the right one takes a try away and puts it back, and the log,
    which tells of refusals too.
    """
    values: dict[str, Any] = {}
    for line in bench.disk.path.read_bytes().splitlines():
        values |= json.loads(line.split(b" ", 2)[2])
    is_told_elsewhere = ("pin", "log/")
    return {key: value for key, value in values.items() if value is not None and not key.startswith(is_told_elsewhere)}


@contextmanager
def refused(bench: Bench, code: str, status_word: int | None = None) -> Iterator[None]:
    """Expect a refusal with this code (and word) that stored nothing."""
    before = memory_of(bench)
    with pytest.raises(CardRefusedError) as caught:
        yield
    assert caught.value.code == code
    if status_word is not None:
        assert caught.value.status_word == status_word
    assert memory_of(bench) == before
