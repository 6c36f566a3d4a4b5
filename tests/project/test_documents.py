"""Documents point to what exists and name no command that does not."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from django.core.management import get_commands

from tests.project.sources import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_there_is_no_dead_link() -> None:
    done = subprocess.run(
        [sys.executable, ".ci/links.py"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout


def test_locks_agree_with_their_sources() -> None:
    done = subprocess.run(
        [sys.executable, ".ci/locks.py"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_named_commands_exist(file: object) -> None:
    text = file.read_text()  # type: ignore[attr-defined]
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())
