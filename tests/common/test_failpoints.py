"""Failpoints: nothing without the variable, and each armed place acts once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from taxhall.common import failpoints
from tests.project.sources import ROOT

PROGRAM = """
import sys, time
from taxhall.common.failpoints import FailpointError, reach
for _ in range(2):
    try:
        reach("clear.apply.before", 7)
    except FailpointError as error:
        print("failed", error)
print("passed")
"""


def run(folder: Path | None) -> subprocess.Popen[str]:
    """Start a process that passes the place twice."""
    kept = {name: value for name, value in os.environ.items() if name != failpoints.VARIABLE}
    if folder is not None:
        kept[failpoints.VARIABLE] = str(folder)
    return subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=ROOT, env=kept, stdout=subprocess.PIPE, text=True)


def armed(folder: Path, action: str) -> subprocess.Popen[str]:
    failpoints.arm(folder, "clear.apply.before", 7, action, seconds=0.1)
    return run(folder)


def test_an_ordinary_process_passes(tmp_path: Path) -> None:
    failpoints.arm(tmp_path, "clear.apply.before", 7, failpoints.KILL)
    process = run(None)
    assert process.communicate(timeout=30)[0] == "passed\n"
    assert failpoints.disarm(tmp_path, "clear.apply.before", 7)
    assert not failpoints.disarm(tmp_path, "clear.apply.before", 7)


def test_a_place_kills_and_says_whom(tmp_path: Path) -> None:
    process = armed(tmp_path, failpoints.KILL)
    assert process.wait(30) == -signal.SIGKILL
    assert failpoints.reached_by(tmp_path, "clear.apply.before", 7) == process.pid
    process.stdout.close()


def test_a_place_fails_once(tmp_path: Path) -> None:
    assert armed(tmp_path, failpoints.FAIL).communicate(timeout=30)[0] == "failed clear.apply.before@7\npassed\n"


def test_a_place_delays(tmp_path: Path) -> None:
    assert armed(tmp_path, failpoints.DELAY).communicate(timeout=30)[0] == "passed\n"


def test_a_place_stops_until_told_to_go_on(tmp_path: Path) -> None:
    process = armed(tmp_path, failpoints.STOP)
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    os.kill(process.pid, signal.SIGCONT)
    assert process.communicate(timeout=30)[0] == "passed\n"


@pytest.mark.parametrize("key", [8, ""])
def test_another_key_passes(tmp_path: Path, key: object) -> None:
    failpoints.arm(tmp_path, "clear.apply.before", key, failpoints.KILL)
    assert run(tmp_path).communicate(timeout=30)[0] == "passed\n"
    assert failpoints.reached_by(tmp_path, "clear.apply.before", key) is None
