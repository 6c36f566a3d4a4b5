"""The operators' commands."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from clearcard import services
from clearcard.choices import CaseStatus
from tests.clearcard.scene import Scene

pytestmark = pytest.mark.django_db


def run(*args: str) -> tuple[int, str]:
    """Run a command; return exit code and output."""
    out = io.StringIO()
    try:
        call_command(*args, stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue()
    return 0, out.getvalue()


def test_doubt_is_seen_and_settled(scene: Scene) -> None:
    case = scene.approved()
    assert run("clear_status")[0] == 0
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    scene.rack.pull(scene.device)
    code, text = run("clear_status", "--json")
    row = json.loads(text)["cases"][0]
    assert (code, row["number"], row["word"]) == (2, case.number, "待核实")
    assert run("reconcile")[0] == 2
    scene.freeze("2026-11-05 10:30")
    scene.rack.insert(scene.device)
    code, text = run("reconcile", "--case", case.number)
    assert code == 0
    assert f"[1/1] {case.number}" in text
    assert scene.fresh(case).status == CaseStatus.CLEARED
    assert "已清卡" in run("clear_status", "--case", case.number)[1]
    assert run("reconcile") == (0, "0 settled, 0 left\n")


def test_an_unknown_case_is_an_error() -> None:
    for command in ("clear_status", "reconcile"):
        with pytest.raises(CommandError) as caught:
            call_command(command, "--case", "QK0")
        assert caught.value.returncode == 1
