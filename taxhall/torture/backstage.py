"""The processes of a torture hall: which is which, and how each is killed, stopped and let go on.

Only processes that this hall started are touched: children of its supervisor and of its servers, each by its
pid, pinned by a descriptor so that a number that was given to somebody else is never signalled.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from taxhall import embedded
from taxhall.embedded.processes import becomes_true, command_line

WEB, WORKER, DEVICE, BEAT = "web", "worker", "device", "beat"
CARD_HOST, OWNER, DISKS, PCSCD = "cardhost", "owner", "virtualdisk", "pcscd"
VALKEY, POSTGRES = "valkey", "postgres"
TARGETS = (WEB, WORKER, DEVICE, BEAT, CARD_HOST, OWNER, DISKS, PCSCD, VALKEY, POSTGRES)
SERVERS = (VALKEY, POSTGRES)
BACK_SECONDS = 60.0
DEATH_SECONDS = 30.0

_MARKS: dict[str, tuple[str, ...]] = {
    WEB: ("gunicorn", "taxhall.wsgi"),
    WORKER: ("celery", "worker@hall"),
    DEVICE: ("celery", "device@hall"),
    BEAT: ("celery", "beat"),
    CARD_HOST: ("cardhost", "run"),
    DISKS: ("virtualdisk", "serve"),
}


@dataclass
class Backstage:
    """The running processes of one hall; `supervisor` is the pid of whoever keeps them running."""

    var: Path
    supervisor: int
    patience: float = 1.0
    _stopped: list[int] = field(default_factory=list)

    def mains(self, target: str) -> list[int]:
        """Return the processes that a kill of the target means."""
        if target in SERVERS:
            found = embedded.status(self.var)
            return [each.pid for each in found if each.name == target and each.pid is not None]
        if target == OWNER:
            return self._below(CARD_HOST, "devices.gateway.owner")
        if target == PCSCD:
            return self._below(DISKS, "pcscd")
        marks = _MARKS[target]
        return [pid for pid in children(self.supervisor) if _is_marked(pid, marks)]

    def _below(self, target: str, mark: str) -> list[int]:
        return [pid for main in self.mains(target) for pid in family(main) if mark in " ".join(command_line(pid))]

    def is_there(self, target: str) -> bool:
        """Say whether the target runs now."""
        return bool(self.mains(target))

    def kill(self, target: str) -> None:
        """End the target's main processes as the kernel's killer would."""
        for pid in self.mains(target):
            end(pid)

    def stop(self, target: str) -> None:
        """Let the target and everything below it stand still."""
        for main in self.mains(target):
            for pid in family(main):
                send(pid, signal.SIGSTOP)
                self._stopped.append(pid)

    def go_on(self) -> None:
        """Let everything that was stopped go on."""
        for pid in self._stopped:
            send(pid, signal.SIGCONT)
        self._stopped.clear()

    def revive(self, *, targets: tuple[str, ...], say: Callable[[str], None]) -> None:
        """Wait until every target runs; the servers are started as an operator would, all else comes by itself."""
        if any(not self.is_there(target) for target in SERVERS):
            embedded.start(self.var)
        for target in targets:
            if not becomes_true(lambda target=target: self.is_there(target), seconds=BACK_SECONDS * self.patience):  # type: ignore[misc]
                say(f"{target} did not come back within {BACK_SECONDS:.0f} s")


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    with suppress(OSError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def family(pid: int) -> Iterator[int]:
    """Yield a process and everything below it."""
    yield pid
    for child in children(pid):
        yield from family(child)


def send(pid: int, number: signal.Signals) -> bool:
    """Signal a process if it is still there; say whether it was."""
    try:
        watch = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        signal.pidfd_send_signal(watch, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(watch)
    return True


def end(pid: int) -> bool:
    """Kill a process and wait until it is dead; say whether it was there and is.

    On a busy machine dying takes its time, and whoever looks meanwhile would take it for alive and start none.
    """
    try:
        watch = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        signal.pidfd_send_signal(watch, signal.SIGKILL)
        return bool(select.select([watch], [], [], DEATH_SECONDS)[0])
    except ProcessLookupError:
        return False
    finally:
        os.close(watch)


def _is_marked(pid: int, marks: tuple[str, ...]) -> bool:
    words = [Path(word).name for word in command_line(pid)]
    return all(mark in words for mark in marks)
