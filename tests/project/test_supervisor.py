"""The supervisor restarts what dies, gives up in time, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taxhall.embedded import processes
from taxhall.supervisor import Program, Supervisor, SupervisorError


@pytest.fixture
def said() -> list[str]:
    """Return what the supervisor told its user."""
    return []


@pytest.fixture
def hall(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    """Return a supervisor that is stopped at the end."""
    supervisor = Supervisor(tmp_path / "log", say=said.append)
    yield supervisor
    supervisor.stop()
    supervisor.close()


def python(name: str, code: str, **environment: str) -> Program:
    """Return a small program."""
    return Program(name, [sys.executable, "-u", "-c", code], environment, stop_seconds=5)


WAITING = "import os, signal; print(os.getpid()); signal.pause()"


def pids(hall: Supervisor, name: str) -> list[int]:
    """Return every pid the program ever had."""
    file = hall.log_file(name)
    return [int(line) for line in file.read_text().split() if line.isdecimal()] if file.exists() else []


def test_a_program_that_dies_is_started_again(hall: Supervisor, said: list[str]) -> None:
    hall.start(python("worker", WAITING))
    assert hall.wait_for(lambda: len(pids(hall, "worker")) == 1, seconds=10)
    os.kill(pids(hall, "worker")[0], signal.SIGKILL)
    assert hall.wait_for(lambda: len(pids(hall, "worker")) == 2, seconds=10)
    assert "worker ended (exit -9) and is started again" in said[0]


def test_a_program_that_keeps_dying_ends_the_run_with_its_last_words(
    hall: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taxhall.supervisor.MOST_RESTARTS", 1)
    hall.start(python("beat", "raise SystemExit('no schedule')"))
    with pytest.raises(SupervisorError, match="no schedule"):
        hall.wait_for(lambda: False, seconds=20)


def test_what_a_killed_program_left_behind_is_gone_before_it_starts_again(hall: Supervisor) -> None:
    """An orphan holds the port; the next generation could not bind it until the orphan noticed."""
    server = (
        "import os, socket, signal; held = socket.socket(); held.setsockopt(1, socket.SO_REUSEADDR, 1);"
        "held.bind(('127.0.0.1', int(os.environ['PORT']))); held.listen();"
        "child = os.fork(); print(os.getpid()) if child else None; signal.pause()"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hall.start(python("web", server, PORT=str(port)))
    assert hall.wait_for(lambda: len(pids(hall, "web")) == 1, seconds=10)
    os.kill(pids(hall, "web")[0], signal.SIGKILL)
    assert hall.wait_for(lambda: len(pids(hall, "web")) == 2, seconds=10)


def test_stopping_takes_children_along_and_those_who_do_not_listen(hall: Supervisor) -> None:
    deaf = (
        "import os, signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
        "print(os.getpid(), child.pid); signal.pause()"
    )
    hall.start(Program("deaf", [sys.executable, "-u", "-c", deaf], stop_seconds=0.2))
    assert hall.wait_for(lambda: len(pids(hall, "deaf")) == 2, seconds=10)
    running = pids(hall, "deaf")
    hall.stop()
    assert processes.becomes_true(lambda: not any(map(processes.command_line, running)), seconds=5)


def test_programs_stop_in_the_opposite_order(hall: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys\n"
        "def end(*_):\n"
        f"    open({str(order)!r}, 'a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print(1); signal.pause()"
    )
    for name in ("a", "b", "c"):
        hall.start(Program(name, [sys.executable, "-u", "-c", code, name]))
        assert hall.wait_for(lambda name=name: hall.log_file(name).read_text() == "1\n", seconds=10)
    hall.stop()
    assert order.read_text() == "cba"


def test_each_program_gets_its_own_environment(hall: Supervisor) -> None:
    hall.start(python("device", "import os; print('key', os.environ.get('HALL_KEY')); input()", HALL_KEY="here"))
    assert hall.run_once(python("web", "import os, sys; sys.exit('HALL_KEY' in os.environ)")) == 0
    assert hall.wait_for(lambda: "key here" in hall.log_file("device").read_text(), seconds=10)


def test_when_the_supervisor_is_killed_its_programs_end(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from taxhall.supervisor import *\n"
        f"hall = Supervisor(Path({str(tmp_path)!r}), say=print)\n"
        f"hall.start(Program('child', [{sys.executable!r}, '-u', '-c', {WAITING!r}]))\n"
        "hall.run()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    log = tmp_path / "child.log"
    assert processes.becomes_true(lambda: log.exists() and log.read_text().strip().isdecimal(), seconds=20)
    child = int(log.read_text())
    parent.kill()
    parent.wait(5)
    assert processes.becomes_true(lambda: not processes.command_line(child), seconds=5)


def test_sigterm_ends_the_run(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from taxhall.supervisor import *\n"
        f"hall = Supervisor(Path({str(tmp_path)!r}), say=print)\n"
        "hall.listen_for_signals()\n"
        f"hall.start(Program('child', [{sys.executable!r}, '-u', '-c', {WAITING!r}]))\n"
        "hall.run(); hall.stop(); hall.close(); print('clean')"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE)
    log = tmp_path / "child.log"
    assert processes.becomes_true(lambda: log.exists() and log.read_text().strip().isdecimal(), seconds=20)
    parent.send_signal(signal.SIGTERM)
    assert parent.communicate(timeout=20)[0] == b"clean\n"
    assert not processes.command_line(int(log.read_text()))
