"""The blows of the torture: who is killed is dead when the blow is over."""

from __future__ import annotations

import subprocess
import sys

from taxhall.embedded.processes import command_line
from taxhall.torture import backstage

# Ending takes the kernel a moment when there is memory to be given back.
HEAVY = "held = bytearray(b'x') * 200_000_000; print(flush=True); input()"


def test_who_is_killed_is_dead_before_anybody_looks_again() -> None:
    with subprocess.Popen([sys.executable, "-c", HEAVY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert command_line(process.pid)
        assert backstage.end(process.pid)
        assert not command_line(process.pid)
    assert not backstage.end(process.pid), "it is not there any more"
