"""Files of digital invoices: imported without a disk, issued one after the other, written as every format."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Membership
from invoicing import selectors, services
from invoicing.choices_files import ImportState
from invoicing.errors_files import DiskNeededError
from invoicing.models import CreditChange, ImportJob, Invoice
from invoicing.services.exports.rows import LEDGER_HEAD, detail_rows, ledger_rows
from tests.harness.clients import HallClient
from tests.invoicing.files import samples


@pytest.fixture
def checked(seller: Membership, frozen_day: object) -> Callable[..., ImportJob]:
    """Return a function that has a file without a disk checked."""

    def done(content: str, kind: str = "32") -> ImportJob:
        job, _is_new = services.upload_import(
            actor=seller.user, taxpayer=seller.taxpayer, device=None, kind=kind, name="a.csv", content=content.encode()
        )
        services.perform_import(job_id=job.pk)
        job.refresh_from_db()
        return job

    return done


def test_a_file_goes_all_the_way_without_a_disk(
    checked: Callable[..., ImportJob], seller: Membership, credit: CreditChange
) -> None:
    head = [*samples.HEAD, "票种"]
    rows = ([*samples.ROW, "普通发票"], ["A2", *samples.ROW[1:], "增值税专用发票"], ["A3", *samples.ROW[1:], ""])
    job = checked(samples.table(*rows, head=head))
    assert (job.state, job.bad_count) == (ImportState.CHECKED, 0), list(selectors.list_problems(job).values())
    job = services.start_import(actor=seller.user, job=job, mode="all")
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    services.start_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)

    issued = Invoice.objects.order_by("number")
    assert [each.kind for each in issued] == ["32", "31", "32"]
    assert [each.number[-1] for each in issued] == ["1", "2", "3"], "in the order of the file"
    assert {each.device for each in issued} == {None}


def test_the_command_takes_one_from_a_company_without_a_disk(
    seller: Membership, credit: CreditChange, tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(samples.table(samples.ROW))
    told = io.StringIO()
    who = (f"--taxpayer={seller.taxpayer.number}", f"--actor={seller.user.username}")
    call_command("import_invoices", str(file), *who, "--kind=32", "--json", stdout=told)
    assert json.loads(told.getvalue())["imported"] == 1
    assert Invoice.objects.get(kind="32").device is None


def test_a_paper_invoice_in_it_is_told_by_its_row(checked: Callable[..., ImportJob]) -> None:
    job = checked(samples.table([*samples.ROW, "电子普票"], head=[*samples.HEAD, "票种"]))
    (problem,) = selectors.list_problems(job)
    assert (problem.code, problem.value, problem.is_blocking) == ("file.needs_disk", "电子普票", True)


def test_only_digital_files_may_leave_the_disk_out(checked: Callable[..., ImportJob]) -> None:
    head = [*samples.HEAD, "票种"]
    digital = [*samples.ROW, "数电票（普通发票）"]
    with pytest.raises(DiskNeededError, match="第 3 行"):
        checked(samples.table(digital, ["A2", *samples.ROW[1:], ""], head=head), kind="007")
    job = checked(samples.table(digital, head=head), kind="007")
    assert (job.device, job.bad_count, job.kind_counts) == (None, 0, {"32": 1})


def test_the_page_takes_a_file_without_a_disk(seller_client: HallClient, credit: CreditChange) -> None:
    url = reverse("invoicing:import-list")

    def send(kind: str) -> int:
        file = SimpleUploadedFile("a.csv", samples.table(samples.ROW).encode())
        return seller_client.post(url, {"device": "", "kind": kind, "file": file}, follow=True).status_code

    assert send("007") == 422
    assert send("32") == 200
    assert ImportJob.objects.get().device is None


def test_the_ledger_writes_the_number_in_its_own_column(
    save: Callable[..., Invoice], issue: Callable[[Invoice], Invoice], credit: CreditChange
) -> None:
    done = issue(save(kind="31"))
    (row,) = ledger_rows([done])
    found = dict(zip(LEDGER_HEAD, row, strict=True))
    assert (found["发票代码"], found["发票号码"], found["数电发票号码"]) == ("", "", done.number)
    assert (found["发票来源"], found["发票票种"]) == ("电子发票服务平台", "数电票（增值税专用发票）")
    (detail,) = detail_rows([done])
    assert done.number in detail
    assert "数电票（增值税专用发票）" in detail
