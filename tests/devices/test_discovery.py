"""Whoever looks for readers goes on looking, whatever cannot be started for a moment."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devices.gateway import lane, supervisor, wire
from devices.gateway.supervisor import CardHostServer
from tests.harness.loops import run

OWNER, WATCHER = "devices.gateway.owner", "devices.gateway.watcher"
PATIENCE_SECONDS = 10.0


class Process:
    """A program that runs."""

    pid = 1
    returncode: int | None = None


class Helper:
    """A started program and what it tells."""

    def __init__(self, *told: dict) -> None:
        self.process, self.requests, self.events = Process(), None, asyncio.StreamReader()
        self.is_alive = True
        for each in told:
            self.events.feed_data(wire.encode(each))

    async def kill(self) -> None:
        """End it."""
        self.is_alive = False
        self.events.feed_eof()


@dataclass
class Carrier:
    """A carrier with one reader, whose one program cannot be started the first time."""

    failing: str
    transport, slots, ca, owner, drivers = "memory", "", "", OWNER, ()
    owners: list[Helper] = field(default_factory=list)
    has_failed: bool = False

    async def start(self, module: str, *_extra: str) -> Helper:
        """Start a program of ours, but for the first of the failing ones."""
        if module == self.failing and not self.has_failed:
            self.has_failed = True
            raise OSError(errno.EMFILE, "Too many open files")
        if module == WATCHER:
            return Helper(*[{"event": "readers", "readers": ["reader 00"], "problem": ""}] * 3)
        self.owners.append(Helper())
        return self.owners[-1]


async def search(server: CardHostServer, carrier: Carrier) -> str:
    """Let the server look for readers until the reader has its owner; return the problem that it told of meanwhile."""
    told = ""
    async with asyncio.timeout(PATIENCE_SECONDS), server.watching():
        while not carrier.owners:
            told = told or str(server.describe()["problem"]).removeprefix(supervisor.STARTING)
            await asyncio.sleep(0.01)
    return told


@pytest.mark.parametrize(("failing", "told"), [(WATCHER, "out of files"), (OWNER, "")])
def test_readers_are_looked_for_again_when_nothing_could_be_started(
    failing: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "RESTART_PAUSE", 0.05)
    monkeypatch.setattr(lane, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(supervisor, "WATCHER_SILENCE", 0.3)
    carrier = Carrier(failing)
    server = CardHostServer(str(tmp_path / "socket"), lambda: carrier)  # type: ignore[arg-type,return-value]
    with contextlib.suppress(TimeoutError):
        assert told in run(search(server, carrier))
    assert carrier.has_failed
    assert carrier.owners, "nobody looks for readers any more"
