"""Starting a program for the length of a measure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from taxhall.bench.errors import BenchError
from taxhall.supervisor import Program, Supervisor, SupervisorError

START_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Running:
    """A program that runs."""

    name: str
    keeper: Supervisor

    def last_words(self) -> str:
        """Return the end of its log, which goes with the bench."""
        return self.keeper.last_words(self.name)


@contextmanager
def running(name: str, arguments: list[str], *, logs: Path, is_ready: Callable[[], bool]) -> Iterator[Running]:
    """Run `python -m …` until the block ends; go on once it is ready. Raises: BenchError."""
    keeper = Supervisor(logs, say=lambda _text: None)
    try:
        keeper.start(Program(name, [sys.executable, "-m", *arguments], stop_seconds=STOP_SECONDS))
        if not keeper.wait_for(is_ready, seconds=START_SECONDS):
            raise BenchError(f"{name} does not become ready:\n{keeper.last_words(name)}")
        yield Running(name, keeper)
    except SupervisorError as error:
        raise BenchError(str(error)) from error
    finally:
        keeper.stop()
        keeper.close()
