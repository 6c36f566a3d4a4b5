"""`manage.py run_hall`: everything comes up, comes back when killed, and goes away when told to."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from taxhall import embedded
from taxhall.embedded import files, processes
from tests.project.sources import ROOT

PARTS = ("virtualdisk", "cardhost", "device", "worker", "hooks", "beat", "web")

pytestmark = pytest.mark.timeout(300)


class Hall:
    """A hall in a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.output = var.parent / "output"
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        self.environment = {**kept, "HALL_VAR": str(var), "PORT": str(processes.free_port())}
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self, *arguments: str) -> None:
        """Start it and do not wait."""
        command = [sys.executable, "manage.py", "run_hall", "--transport", "memory", *arguments]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )

    def start(self, *arguments: str) -> None:
        """Start it and wait for the address."""
        self.begin(*arguments)
        up = processes.becomes_true(lambda: self.address != "" or self.process.poll() is not None, seconds=200)  # type: ignore[union-attr]
        assert up, self.said
        assert self.address, self.said

    @property
    def address(self) -> str:
        """Where it says that it is."""
        return str(files.read_state(self.var / "run" / "hall.json").get("address", ""))

    @property
    def said(self) -> str:
        """What it printed."""
        return self.output.read_text()

    def other(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command a second time beside it."""
        command = [sys.executable, "manage.py", "run_hall", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=150, check=False
        )

    def pids(self) -> dict[int, list[str]]:
        """Return every process that was started for this folder."""
        marker = f"HALL_VAR={self.var}".encode()
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if marker in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = processes.command_line(int(entry.name))
        return {pid: line for pid, line in found.items() if line}

    def leader(self, word: str) -> int | None:
        """Return the process of a part that the supervisor itself started, not a child (numbers wrap around)."""
        for pid, line in self.pids().items():
            with contextlib.suppress(ProcessLookupError):
                if any(word in part for part in line) and os.getsid(pid) == pid:
                    return pid
        return None


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """Return a hall that is gone when the test is."""
    found = Hall(tmp_path / "var")
    yield found
    if found.process is not None:
        found.process.terminate()
        found.process.wait(120)
    for pid in found.pids():
        os.kill(pid, signal.SIGKILL)
    embedded.stop(found.var)


@pytest.mark.long
def test_a_hall_lives(hall: Hall) -> None:
    hall.start("--no-seed")
    with urllib.request.urlopen(f"{hall.address}/readyz", timeout=10) as answer:  # noqa: S310  (our own address)
        assert answer.status == 200
    assert hall.address in hall.said
    assert {file.stem for file in (hall.var / "log").glob("*.log")} >= set(PARTS)

    key_holders = [
        pid
        for pid in hall.pids()
        if any(
            part.startswith((b"HALL_SIGNER_KEY_FILE=/", b"HALL_SM_SIGNER_KEY_FILE=/"))
            for part in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        )
    ]
    assert key_holders
    assert all("devices" in hall.pids()[pid] for pid in key_holders), "only the device worker may hold the key"

    assert hall.other().returncode == 1, "a second one in the same folder must be refused"
    assert "already runs" in hall.other().stderr

    worker = hall.leader("worker@hall")
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    assert processes.becomes_true(lambda: "worker ended (exit -9)" in hall.said, seconds=30), hall.said
    assert processes.becomes_true(lambda: hall.leader("worker@hall") not in (None, worker), seconds=30)

    web = hall.leader("gunicorn")
    assert web is not None
    os.kill(web, signal.SIGKILL)
    assert processes.becomes_true(lambda: "web ended (exit -9)" in hall.said, seconds=30), hall.said
    with urllib.request.urlopen(f"{hall.address}/readyz", timeout=30) as answer:  # noqa: S310  (our own address)
        assert answer.status == 200, "the address is held for the web server, so a caller waits and is not refused"

    stopped = hall.other("--stop")
    assert stopped.returncode == 0, stopped.stderr
    assert hall.process is not None
    assert hall.process.wait(60) == 0, hall.said
    assert hall.pids() == {}
    assert [each.running for each in embedded.status(hall.var)] == [False, False]


def test_a_hall_that_is_starting_is_stopped_whole(hall: Hall) -> None:
    hall.begin("--no-seed")
    assert processes.becomes_true(lambda: "bringing the tables up to date" in hall.said, seconds=60), hall.said
    stopped = hall.other("--stop")
    assert stopped.returncode == 0, stopped.stderr
    assert hall.process is not None
    assert hall.process.wait(60) == 1
    assert "interrupted" in hall.said, "it was told itself; without its servers it would fail by and by"
    assert hall.pids() == {}


def test_a_taken_port_is_said_so(hall: Hall) -> None:
    with socket.socket() as taken:
        taken.bind((processes.LOOPBACK, 0))
        taken.listen()
        hall.environment["PORT"] = str(taken.getsockname()[1])
        done = hall.other("--no-seed")
    assert done.returncode == 1
    assert f"PORT={hall.environment['PORT']} is taken" in done.stderr


@pytest.mark.parametrize("port", ["80", "99999", "here"])
def test_a_port_that_cannot_be_is_said_so(hall: Hall, port: str) -> None:
    hall.environment["PORT"] = port
    done = hall.other("--no-seed")
    assert done.returncode == 1
    assert f"PORT={port} is taken or not a port" in done.stderr


def test_stopping_what_does_not_run_is_no_error(hall: Hall) -> None:
    assert hall.other("--stop").returncode == 0
