"""A hall of its own for a show: fresh folder, own servers, everything running, and gone afterwards."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from taxhall import embedded
from taxhall.launch import Launch
from taxhall.supervisor import MOST_RESTARTS, Supervisor, SupervisorError


@dataclass(frozen=True)
class Stage:
    """A running hall and how to run more of our commands in it."""

    address: str
    launch: Launch
    hall: Supervisor

    def run(self, *command: str) -> None:
        """Run one of our commands inside this hall. Raises: CommandError when it fails or is interrupted."""
        code = self.hall.run_once(self.launch.manage(command[0], *command, role="operator"))
        if code or self.hall.stopping:
            raise CommandError(f"`{' '.join(command)}` ended with {code}; logs are in {self.launch.var / 'log'}")


@contextmanager
def stage(
    folder: Path, *, transport: str, say: Callable[[str], None], most_restarts: int = MOST_RESTARTS, **ways: Any
) -> Iterator[Stage]:
    """Bring a fresh demo hall up in the folder, and take everything down again; its data stay to be read.

    `ways` are further ways of the `Launch`.

    Raises: CommandError when it does not come up, or when another show runs in the folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"another show runs in {folder}") from None
        if folder.exists():
            # What an interrupted show left behind.
            embedded.stop(folder)
            shutil.rmtree(folder)
        launch = Launch(var=folder, transport=transport, is_apart=True, say=say, **ways)
        hall = Supervisor(folder / "log", say=say, most_restarts=most_restarts)
        hall.listen_for_signals()
        try:
            yield Stage(launch.bring_up(hall), launch, hall)
        except (SupervisorError, embedded.EmbeddedError) as error:
            raise CommandError(str(error)) from error
        finally:
            hall.stop()
            embedded.stop(folder)
            hall.close()
