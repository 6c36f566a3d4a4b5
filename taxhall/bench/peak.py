"""A command of the hall in a process of its own, and the most memory that it held."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.management import call_command

from taxhall.bench.errors import BenchError
from taxhall.env import BASE_DIR

_STATUS = Path("/proc/self/status")
_HIGH_WATER = "VmHWM:"


@dataclass(frozen=True)
class Ran:
    """What a command took from start to end, Python and Django included."""

    seconds: float
    peak_mib: float
    said: str


def run_apart(*arguments: str) -> Ran:
    """Run `manage.py …` to its end. Raises: BenchError when it fails."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "taxhall.bench.peak", *arguments],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise BenchError(f"{arguments[0]} ended with {done.returncode}:\n{done.stderr}")
    *said, last = done.stdout.splitlines()
    return Ran(seconds, json.loads(last) / 1024, "\n".join(said))


def main() -> None:
    """Run the command that the arguments name, and print the peak in KiB on a last line."""
    django.setup()
    call_command(*sys.argv[1:])
    sys.stdout.write(f"\n{peak_kib()}\n")


def peak_kib() -> int:
    """Return the most memory that this process has held; what the system counts for children is their parents' too."""
    lines = _STATUS.read_text().splitlines()
    return int(next(line for line in lines if line.startswith(_HIGH_WATER)).split()[1])


if __name__ == "__main__":
    main()
