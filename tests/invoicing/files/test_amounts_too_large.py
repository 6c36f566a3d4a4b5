"""A slip of the keyboard that no draft can hold: told beside its row, and never in the way of the other invoices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import Membership
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.models import ImportJob, Invoice
from invoicing.rules import lines as line_rules
from invoicing.services.imports import run
from tests.invoicing.files import samples

Make = Callable[..., ImportJob]


def slipped() -> str:
    """Return three invoices of which the second is of 8.1e14: its quantity and price were typed without their point."""
    rows = [[f"N{each}", *samples.ROW[1:]] for each in range(3)]
    rows[1][5:7] = ["900000000", "900000"]
    return samples.table(*rows)


def test_the_check_tells_an_amount_that_no_draft_can_hold(checked: Make) -> None:
    job = checked(slipped())
    assert (job.state, job.good_count, job.warned_count, job.bad_count) == (ImportState.CHECKED, 2, 0, 1)
    told = job.problems.get(code="line.amount_too_large")
    assert (told.row, told.is_blocking) == (3, True)
    assert "第 3 行的金额 810,000,000,000,000.00 元" in told.message


def test_the_others_are_imported_without_it(imported: Make) -> None:
    job = imported(slipped(), mode="correct")
    assert (job.state, job.imported_count) == (ImportState.IMPORTED, 2)


def test_what_an_older_check_let_pass_is_left_out_and_told(
    checked: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(line_rules, "_amount_problems", lambda *_asked: ())
        job = checked(slipped())
    assert (job.good_count + job.warned_count, job.bad_count) == (3, 0)
    monkeypatch.setattr(run, "BATCH", 2)
    services.start_import(actor=seller.user, job=job, mode="all")
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.imported_count, job.bad_count) == (ImportState.IMPORTED, 2, 1)
    assert (job.good_count, job.warned_count, job.bad_ordinals) == (2, 0, [1])
    assert job.kind_counts == {"007": 2}
    assert "一万亿元" in job.problems.get(row=3, is_blocking=True).message
    assert sorted(Invoice.objects.values_list("imported_from__ordinal", flat=True)) == [0, 2]
