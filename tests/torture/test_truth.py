"""The judges of the torture: a lie is called one, a truth is not, and the disk's file is read as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from clearcard.choices import CaseStatus
from devices.virtual.disk import VirtualDisk
from invoicing.choices import InvoiceState
from taxhall.torture import matrix, verdict
from taxhall.torture.diskfile import DiskFile
from taxhall.torture.matrix import Case
from taxhall.torture.show import Tally
from taxhall.torture.verdict import Verdict
from taxhall.torture.watch import CLEARED, NOT_CLEARED, UNKNOWN, Told, judge_clear, judge_issue
from tests.devices.disks import make_spec

SERIAL = "661000000001"
WORKING = "处理中"


@pytest.mark.parametrize(
    ("word", "status", "before", "after", "is_strange"),
    [
        (CLEARED, CaseStatus.CLEARED, 0, 0, False),
        (CLEARED, CaseStatus.CLEARED, 1, 1, True),
        (NOT_CLEARED, CaseStatus.REFUSED, 1, 1, False),
        (WORKING, CaseStatus.COMMANDED, 1, 1, False),
        (WORKING, CaseStatus.APPROVED, 1, 1, False),
    ],
)
def test_a_lie_about_a_clear_is_called_one(
    word: str, status: CaseStatus, before: int, after: int, is_strange: bool
) -> None:
    assert judge_clear(Told("page", status, word), before=before, after=after, is_strange=is_strange)


@pytest.mark.parametrize(
    ("word", "status", "before", "after", "is_strange"),
    [
        (CLEARED, CaseStatus.CLEARED, 0, 1, False),
        (NOT_CLEARED, CaseStatus.REFUSED, 0, 0, False),
        (WORKING, CaseStatus.SENDING, 1, 1, False),
        (UNKNOWN, CaseStatus.IN_DOUBT, 1, 1, False),
        (UNKNOWN, CaseStatus.IN_DOUBT, 0, 0, False),
        (WORKING, CaseStatus.COMMANDED, 0, 1, False),
    ],
)
def test_a_truth_about_a_clear_is_left_alone(
    word: str, status: CaseStatus, before: int, after: int, is_strange: bool
) -> None:
    assert judge_clear(Told("API", status, word), before=before, after=after, is_strange=is_strange) == ""


def test_a_lie_about_an_invoice_is_called_one() -> None:
    assert judge_issue(Told("API", InvoiceState.ISSUED, "issued"), before=False, after=False)
    assert judge_issue(Told("API", InvoiceState.DRAFT, "draft"), before=True, after=True)
    assert judge_issue(Told("API", InvoiceState.ISSUED, "issued"), before=False, after=True) == ""


def test_the_disks_file_is_read_without_the_disks_code(tmp_path: Path) -> None:
    path = tmp_path / f"{SERIAL}.disk"
    spec = make_spec(SERIAL)
    VirtualDisk.create(path, spec).close()
    witness = DiskFile(path)
    assert (witness.clears, witness.signatures, witness.receipt) == (0, 0, None)
    assert witness.lock_date == spec.cut_off.isoformat()


def test_half_a_line_of_the_disks_file_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / f"{SERIAL}.disk"
    VirtualDisk.create(path, make_spec(SERIAL)).close()
    with path.open("ab") as file:
        file.write(b'9 00000000 {"counters": {"clear": 7, "sign": 7}}\n9 0000')
    assert DiskFile(path).clears == 0


def test_the_worst_that_was_found_first_stays() -> None:
    found = Verdict()
    found.add(verdict.LOST, "lost", when=True)
    found.add(verdict.UNTRUE, "untrue", when=True)
    found.add(verdict.DOUBLE, "double", when=False)
    assert (found.outcome, found.reasons) == (verdict.LOST, ["lost", "untrue"])


def test_a_tally_with_a_case_left_out_is_not_clean() -> None:
    tally = Tally("memory", seed=0, lease_seconds=8, planned=2)
    tally.add(Case("clear", "disk", "torn frame"), Verdict())
    assert not tally.is_clean
    tally.add(Case("clear", "disk", "hangs"), Verdict(was_in_doubt=True))
    assert tally.is_clean
    assert tally.in_doubt_resolved == 1
    assert [row["outcome"] for row in tally.table] == [verdict.SURVIVED, verdict.SURVIVED]


@pytest.mark.parametrize("outcome", [verdict.LOST, verdict.DOUBLE, verdict.UNTRUE, verdict.UNFINISHED, verdict.BROKEN])
def test_whatever_is_not_survival_makes_a_tally_unclean(outcome: str) -> None:
    tally = Tally("memory", seed=0, lease_seconds=8, planned=1)
    tally.add(matrix.all_cases()[0], Verdict(outcome=outcome, reasons=["why"]))
    assert not tally.is_clean
    assert tally.failures == tally.table
