"""`manage.py demo`: three disks cleared by real processes, and a witness that cannot be talked into it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from devices.virtual.disk import VirtualDisk
from taxhall.demo.walk import Cleared
from taxhall.demo.witness import contradictions
from tests.devices.disks import make_spec
from tests.project.sources import ROOT

SERIAL = "661000000001"
LAST_LINE = re.compile(
    r"CLEARED case=QK\d{14} certificate=QKPZ\d{14} disk=661000000004 lock_date=\d{4}-\d\d-\d\d transport=memory"
)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_three_disks_are_cleared_and_say_so_themselves(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--transport", "memory"],
        cwd=ROOT,
        env={**kept, "HALL_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert LAST_LINE.fullmatch(lines[-1]), lines[-1]
    assert len([line for line in lines if line.startswith("demo: issue ")]) == 12 + 2 + 5
    # Output 10704.94 + 1080.00 + 2207.34 less input 7251.00 is 6741.28; then 7%, 3% and 2% of it.
    assert [line for line in lines if " vat_general, sales 131134.68, tax due 7550.24" in line]
    assert len([line for line in lines if line.startswith("demo: pay ")]) == 3
    assert [line for line in lines if line.startswith("demo: compare  agreed") and "G1B pass" in line]
    assert len([line for line in lines if "green lane" in line]) == 2
    assert [line for line in lines if line.startswith("demo: approve ")]
    # What was bought in this hall agrees with its ledger; what was bought elsewhere is the company's word.
    ticked = [line.split()[-1] for line in lines if line.startswith("demo: tick ")]
    assert sorted(ticked) == ["matched", "unknown", "unknown"]


@pytest.fixture
def claim(tmp_path: Path) -> Cleared:
    """Return what a hall would rightly say of a disk that was never cleared."""
    with VirtualDisk.create(tmp_path / f"{SERIAL}.disk", make_spec(SERIAL)) as disk:
        certificate = disk.certificate.pem
    return Cleared(
        case="QK1",
        certificate="QKPZ1",
        verify_token="token",
        disk=SERIAL,
        lane="green",
        lock_date="2026-11-16",
        clear_counter=0,
        sign_counter=0,
        receipt_digest="",
        enrolled_certificate=certificate,
        transport="memory",
    )


def test_the_witness_agrees_with_the_truth(tmp_path: Path, claim: Cleared) -> None:
    assert contradictions(tmp_path, claim) == []


@pytest.mark.parametrize(
    ("lie", "word"),
    [
        ({"lock_date": "2026-12-15"}, "lock date"),
        ({"clear_counter": 1}, "clear counter"),
        ({"sign_counter": 12}, "signatures"),
        ({"receipt_digest": "00" * 32}, "receipt"),
    ],
)
def test_the_witness_notices_each_lie(tmp_path: Path, claim: Cleared, lie: dict[str, object], word: str) -> None:
    found = contradictions(tmp_path, replace(claim, **lie))
    assert len(found) == 1
    assert word in found[0]
