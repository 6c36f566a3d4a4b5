"""A hall that lives for one bench: servers of its own, nothing shared with any other."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from devices.signer.keys import HallKeys
from taxhall import embedded
from taxhall.bench.errors import BenchError
from taxhall.embedded import files, urls
from taxhall.env import BASE_DIR
from taxhall.supervisor import die_with_parent

LONGEST_SECONDS = 600.0
STOP_SECONDS = 60.0
# The bench measures the hall as it comes, whatever this machine sets for another one.
_FOREIGN = ("HALL_", "DATABASE_URL", "REDIS_URL", "PORT")


@contextmanager
def throw_away_hall(var: Path) -> Iterator[Path]:
    """Start a PostgreSQL and a Valkey that flush to the drive like real ones; remove them with all they held.

    Raises: BenchError when another bench runs from the same folder; EmbeddedError.
    """
    files.private_folder(var)
    home = var / "bench"
    with (var / "bench.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError(f"another bench already runs from {var}; two at once would measure each other") from None
        _remove(home)
        try:
            # What `make run` collects static files into; an empty one will do.
            (files.private_folder(home) / "static").mkdir()
            embedded.start(home)
            yield home
        finally:
            _remove(home)


def _remove(home: Path) -> None:
    embedded.discard(home)
    shutil.rmtree(home, ignore_errors=True)


def measure_inside(home: Path, arguments: list[str], *, seconds: float = LONGEST_SECONDS) -> int:
    """Run the measuring process in the throw-away hall to its end and return its exit code.

    Ctrl-C, SIGTERM and a bench that hangs end it first, so that its workers are gone before their servers.
    Raises: BenchError when it took too long.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "taxhall.bench", *arguments],
        cwd=BASE_DIR,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509  (this process has one thread)
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise BenchError(f"the bench was not done after {seconds:.0f} s and was stopped") from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(home: Path) -> dict[str, str]:
    """Return what the measuring process is given: the throw-away hall and nothing of any other."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {
        **own,
        "DJANGO_SETTINGS_MODULE": "taxhall.settings.demo",
        "DATABASE_URL": urls.database_url(home),
        "REDIS_URL": urls.redis_url(home),
        "HALL_VAR": str(home),
        # The process that measures and the worker it starts do the device worker's part.
        "HALL_ROLE": "device",
        "HALL_SIGNER_KEY_FILE": str(HallKeys(home).clear_key()),
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, and let nothing disturb the cleaning up after either."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, _interrupt_once) for each in signals]
    try:
        yield
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
