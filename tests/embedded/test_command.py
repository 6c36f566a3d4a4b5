"""`manage.py embedded`: for people and for machines, with exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from taxhall.embedded import urls

ROOT = Path(__file__).resolve().parents[2]


def run(var: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    return subprocess.run(
        [sys.executable, "manage.py", "embedded", *arguments],
        cwd=ROOT,
        env={**kept, "HALL_VAR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_start_status_stop(var: Path) -> None:
    assert run(var, "status").returncode == 3
    started = run(var, "start", "--json")
    assert started.returncode == 0, started.stderr
    assert [each["running"] for each in json.loads(started.stdout)] == [True, True]
    said = run(var, "status")
    assert said.returncode == 0
    assert "running on 127.0.0.1:" in said.stdout
    password = urls.redis_url(var).split(":")[2].split("@")[0]
    assert password not in started.stdout + said.stdout
    assert run(var, "stop").returncode == 0
    assert run(var, "status").returncode == 3


def test_servers_that_are_named_are_not_started(var: Path) -> None:
    named = {"DATABASE_URL": "postgres://somebody@db.internal/hall", "REDIS_URL": "redis://broker.internal/0"}
    done = run(var, "start", **named)
    assert done.returncode == 0
    assert "name other servers" in done.stdout
    only = run(var, "start", "--json", DATABASE_URL=named["DATABASE_URL"])
    assert [each["name"] for each in json.loads(only.stdout)] == ["valkey"]


def test_help_tells_the_exit_codes(var: Path) -> None:
    assert "exit codes:" in run(var, "--help").stdout
