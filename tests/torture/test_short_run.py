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


@pytest.mark.timeout(SECONDS + 60)
def test_nothing_is_lost_doubled_or_said_untruly(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        [sys.executable, "manage.py", "torture", "--short", "--transport", "memory", "--patience", "3"],
        cwd=ROOT,
        env={**kept, "HALL_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "var" / "torture.json").read_text())
    assert (found["lost"], found["double"], found["untrue"]) == (0, 0, 0)
    assert found["survived"] == found["planned"] == len(found["table"])
    assert found["in_doubt_resolved"] > 0, "a torture that brings nothing into doubt is none"
    assert found["looks"] > 0
    assert found["reads"] > 0
