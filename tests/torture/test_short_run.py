"""`manage.py torture --short`: every blow and every fault once, on real servers and real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.sources import ROOT

# A machine that runs other tests at the same time is slower by far.
SECONDS = 540
STOP_SECONDS = 60


def tortured(var: Path) -> tuple[int, str]:
    """Run the short torture to its end; one that takes too long is asked to take its servers down."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "manage.py", "torture", "--short", "--transport", "memory", "--patience", "3"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**kept, "HALL_VAR": str(var)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            said, _nothing = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            said, _nothing = process.communicate(timeout=STOP_SECONDS)
    return process.returncode, said


@pytest.mark.timeout(SECONDS + STOP_SECONDS + 30)
def test_nothing_is_lost_doubled_or_said_untruly(tmp_path: Path) -> None:
    code, said = tortured(tmp_path / "var")
    assert code == 0, said
    found = json.loads((tmp_path / "var" / "torture.json").read_text())
    assert (found["lost"], found["double"], found["untrue"]) == (0, 0, 0)
    assert found["survived"] == found["planned"] == len(found["table"])
    assert found["in_doubt_resolved"] > 0, "a torture that brings nothing into doubt is none"
    assert found["looks"] > 0
    assert found["reads"] > 0
