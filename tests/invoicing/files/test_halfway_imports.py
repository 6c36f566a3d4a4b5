"""An import that ends half through: what stayed is told, may be undone, and never comes twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import AuditEvent, FileScan, Membership
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.models import ImportJob, Invoice
from invoicing.services import leases
from invoicing.services.imports import issuing, run
from invoicing.services.imports import upload as upload_module
from taxhall.common.errors import ConflictError, NotFoundError
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.files.conftest import many

Make = Callable[..., ImportJob]


@pytest.fixture
def half(checked: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch) -> ImportJob:
    """Return an import of which two drafts of six are made."""
    monkeypatch.setattr(run, "BATCH", 2)
    job = services.start_import(actor=seller.user, job=checked(many(6)), mode="all")
    services.perform_import(job_id=job.pk, seconds=0)
    assert Invoice.objects.count() == 2
    return job


def lose_file(job: ImportJob) -> None:
    default_storage.delete(str(job.file.name))


def lose_workers(job: ImportJob) -> None:
    ImportJob.objects.filter(pk=job.pk).update(attempts=leases.MAX_ATTEMPTS)


def find_virus(job: ImportJob) -> None:
    FileScan.objects.filter(pk=job.scan_id).update(state="infected", finding="Eicar-Test-Signature")


def end(job: ImportJob, trouble: Callable[[ImportJob], None] = lose_file) -> ImportJob:
    trouble(job)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("trouble", [lose_file, lose_workers, find_virus])
def test_what_stops_an_import_half_through_is_told_with_what_stayed(
    half: ImportJob, trouble: Callable[[ImportJob], None]
) -> None:
    job = end(half, trouble)
    assert (job.state, job.lease_token) == (ImportState.STOPPED, None)
    assert job.finished_at is not None, "from here the days of the undo are counted"
    assert "已有 2 张成为草稿" in job.error_next_step
    assert "可以整批撤销" in job.error_next_step
    assert AuditEvent.objects.get(action="invoicing.import_stopped").data["kept"] == 2


def test_what_the_page_says_may_be_undone_can_be_undone_there(half: ImportJob, seller_client: HallClient) -> None:
    job = end(half)
    address = reverse("invoicing:import-detail", args=[job.number])
    page = seller_client.get(address).content.decode()
    assert "导入中断" in page
    assert "未导入" not in page
    assert "撤销这次导入，删除 2 张草稿" in page
    seller_client.post(f"{address}undo/")
    assert not Invoice.objects.exists()


def test_a_stopped_import_that_is_undone_frees_its_file(half: ImportJob, seller: Membership, imported: Make) -> None:
    services.undo_import(actor=seller.user, job=end(half))
    assert imported(many(6)).state == ImportState.IMPORTED
    assert Invoice.objects.count() == 6


@pytest.mark.parametrize("act", ["stop", "cancel"])
def test_the_same_file_again_makes_no_draft_twice(half: ImportJob, seller: Membership, upload: Make, act: str) -> None:
    if act == "stop":
        end(half)
    else:
        services.cancel_import(actor=seller.user, job=half)
    assert upload(many(6)).pk == half.pk
    Invoice.objects.all().delete()
    assert upload(many(6)).pk != half.pk, "nothing is left of it that could come twice"


def test_a_half_goes_though_the_same_file_was_imported_beside_it(
    half: ImportJob, seller: Membership, imported: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(half)
    with monkeypatch.context() as older:
        older.setattr(upload_module, "KEEPING_STATES", ())
        whole = imported(many(6))
    assert Invoice.objects.count() == 8
    services.undo_import(actor=seller.user, job=half)
    assert set(Invoice.objects.values_list("imported_from__job", flat=True)) == {whole.pk}


def test_a_cancelled_import_says_what_stayed(half: ImportJob, seller: Membership, seller_client: HallClient) -> None:
    services.cancel_import(actor=seller.user, job=half)
    page = seller_client.get(reverse("invoicing:import-detail", args=[half.number])).content.decode()
    assert "导入取消前已有 2 张成为草稿" in page
    assert "撤销这次导入，删除 2 张草稿" in page


@pytest.mark.parametrize(("act", "words"), [("stop", "已有 2 张成为草稿"), ("cancel", "cancelled before")])
def test_the_command_does_not_call_half_an_import_done(
    half: ImportJob, seller: Membership, tmp_path: Path, act: str, words: str
) -> None:
    if act == "stop":
        end(half)
    else:
        services.cancel_import(actor=seller.user, job=half)
    file = tmp_path / "a.csv"
    file.write_bytes(many(6).encode())
    with pytest.raises(CommandError, match=words):
        call_command("import_invoices", str(file), taxpayer=seller.taxpayer.number, actor=seller.user.username)
    assert Invoice.objects.count() == 2


def test_who_uploaded_stays_who_uploaded(checked: Make, seller: Membership) -> None:
    job = checked(many(2))
    colleague = MembershipFactory(issuer=True, taxpayer=seller.taxpayer)
    services.start_import(actor=colleague.user, job=job, mode="all")
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.uploaded_by, job.imported_by) == (seller.user, colleague.user)
    assert {draft.drawer for draft in Invoice.objects.all()} == {colleague.user}
    assert AuditEvent.objects.get(action="invoicing.import_finished").actor == colleague.user


def test_a_slice_that_breaks_lets_go_of_its_lease(
    imported: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = imported(many(2))
    services.start_bulk_issue(actor=seller.user, job=job)

    def broken(**_asked: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(issuing, "issue_invoice", broken)
    with pytest.raises(RuntimeError):
        services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.lease_token, job.leased_until) == (None, None)


def test_what_the_domain_refuses_ends_the_work_with_its_words(half: ImportJob, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_asked: object) -> None:
        raise ConflictError("不行。", code="some.code", next_step="请改。")

    monkeypatch.setattr(run.keeping, "keep_drafts", refused)
    job = end(half, lambda _job: None)
    assert (job.state, job.error_code, job.error_text) == (ImportState.STOPPED, "some.code", "不行。")
    assert job.error_next_step.endswith("请改。")


def test_bulk_issue_ends_with_the_words_of_what_the_domain_refuses(
    imported: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = imported(many(2))
    services.start_bulk_issue(actor=seller.user, job=job)

    def refused(*_asked: object, **_kept: object) -> None:
        raise ConflictError("不行。", code="some.code")

    monkeypatch.setattr(issuing, "issue_slice", refused)
    job = end(job, lambda _job: None)
    assert (job.state, job.error_code, job.lease_token) == (ImportState.IMPORTED, "some.code", None)


def test_bulk_issue_goes_on_past_a_draft_that_was_deleted_meanwhile(
    imported: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = imported(many(5))
    gone = Invoice.objects.order_by("pk")[2]
    issue = issuing.issue_invoice

    def issued(*, invoice: Invoice, **asked: object) -> Invoice:
        if invoice.pk == gone.pk:
            Invoice.objects.filter(pk=gone.pk).delete()
            raise NotFoundError("没有找到这张发票。")
        return issue(invoice=invoice, **asked)

    monkeypatch.setattr(issuing, "issue_invoice", issued)
    services.start_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    assert list(Invoice.objects.values_list("state", flat=True)) == ["issuing"] * 4
