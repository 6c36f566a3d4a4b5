"""Processes with a virtual disk that are killed at one of their writes, as by `kill -9`: a program for test_killed.

It reads a list of cases from standard input, each with the disk's file, its clock and PIN, the step to do, and at
which write and moment to die. Each case is a process of its own; the list of their exit codes is written out.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from devices.gateway.memory import MemoryTransport
from devices.gateway.operations import run_step
from devices.gateway.session import DiskSession
from devices.virtual import VirtualDisk

READER = "memory 00"
MOMENTS = ("before", "half", "unsynced", "synced")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Death:
    """Stands between the disk's memory and the file, and counts the writes."""

    def __init__(self, point: int, moment: str) -> None:
        self._point, self._moment = point, moment
        self.writes = 0
        self._write: Callable[[int, bytes], int] = os.write
        self._sync: Callable[[int], None] = os.fdatasync

    def write(self, descriptor: int, data: bytes) -> int:
        self.writes += 1
        is_time = self.writes == self._point
        if is_time and self._moment == "before":
            die()
        if is_time and self._moment == "half":
            self._write(descriptor, data[: len(data) // 2])
            die()
        return self._write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        is_time = self.writes == self._point
        if is_time and self._moment == "unsynced":
            die()
        self._sync(descriptor)
        if is_time and self._moment == "synced":
            die()


def main() -> int:
    endings = [ending_of(case) for case in json.load(sys.stdin)]
    json.dump(endings, sys.stdout)
    return 0


def ending_of(case: dict[str, Any]) -> int:
    """Let a process of its own do the case, and return its exit code, negative for a signal."""
    child = os.fork()
    if not child:
        serve(case)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def serve(case: dict[str, Any]) -> None:
    clock = datetime.fromisoformat(case["clock"])
    disk = VirtualDisk.open(Path(case["path"]), clock=lambda: clock)
    with MemoryTransport({READER: disk}).open(READER) as channel:
        session = DiskSession(channel)
        session.select()
        session.identity(session.certificate().public_key)
        if case["pin"]:
            session.verify_pin(case["pin"])
        death = Death(case["point"], case["moment"])
        os.write, os.fdatasync = death.write, death.sync  # type: ignore[assignment]
        do(session, case["step"])


def do(session: DiskSession, step: dict[str, Any]) -> None:
    if step["op"] == "change_pin":
        session.change_pin(step["old"], step["new"])
    else:
        run_step(session, step)


if __name__ == "__main__":
    sys.exit(main())
