"""From a file to drafts: checked first, all or the correct ones, once per file, undone while they are drafts."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.forms.models import model_to_dict

from accounts.models import AuditEvent, Membership
from devices.models import Device
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.errors_files import (
    ImportHasErrorsError,
    ImportNotReadyError,
    ImportRefusedError,
    UndoNotAllowedError,
)
from invoicing.models import BankAccount, ImportedInvoice, ImportJob, Invoice, Issuer
from invoicing.services import leases
from invoicing.services.imports import run
from taxhall.common.errors import NotFoundError, NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.invoicing.files import samples
from tests.invoicing.files.conftest import many

Make = Callable[..., ImportJob]
GOOD = samples.table(samples.ROW)
BAD = samples.table(samples.ROW, ["A2", *samples.ROW[1:4], "1.09E+18", *samples.ROW[5:]], ["A3", "", *samples.ROW[2:]])


def facts(invoice: Invoice) -> tuple[dict, list[dict]]:
    keys = ["draft_key", "request_id", "id", "invoice"]
    return model_to_dict(invoice, exclude=keys), [model_to_dict(line, exclude=keys) for line in invoice.lines.all()]


@pytest.mark.parametrize("has_usual_entries", [False, True])
def test_a_draft_from_a_file_is_the_draft_that_saving_by_hand_makes(
    imported: Make, seller: Membership, enrolled: Device, has_usual_entries: bool
) -> None:
    if has_usual_entries:
        BankAccount.objects.create(taxpayer=seller.taxpayer, bank="示例银行", account="6100001", is_usual=True)
        Issuer.objects.create(taxpayer=seller.taxpayer, drawer="王五", is_usual=True)
    head = [*samples.HEAD, "折扣额", "备注", "单位", "是否含税"]
    imported(samples.table([*samples.ROW, "100.00", "加急", "项", "是"], head=head))
    made = Invoice.objects.get()
    draft = services.draft_of(made)
    by_hand = services.save_draft(
        actor=seller.user,
        taxpayer=seller.taxpayer,
        device=enrolled,
        draft=type(draft)(**vars(draft) | {"draft_key": uuid.uuid4()}),
    )
    assert facts(made) == facts(by_hand)
    assert (made.drawer_name == "王五", "6100001" in made.seller_bank) == (has_usual_entries, has_usual_entries)
    assert [line.line_kind for line in made.lines.all()] == ["2", "1"]


def test_a_kind_that_the_disk_has_no_leave_for_is_the_one_error(checked: Make) -> None:
    job = checked(GOOD, kind="026")
    (problem,) = job.problems.all()
    assert (problem.code, problem.is_blocking) == ("disk.kind_not_authorised", True)
    assert "增值税电子普通发票" in problem.message


def test_signs_that_copy_reads_otherwise_come_in_as_they_stand_in_the_file(imported: Make) -> None:
    plain = ["P1", *samples.ROW[1:], "平常"]
    strange = ["S1", "西安\\N厂\\", samples.ROW[2], "软件\\t维护", *samples.ROW[4:], '"\\.\n第二行\t末"']
    imported(samples.table(plain, strange, head=[*samples.HEAD, "备注"]))
    first, second = Invoice.objects.order_by("pk")
    assert (first.buyer_name, first.remark) == (samples.ROW[1], "平常")
    assert (second.buyer_name, second.remark) == ("西安\\N厂\\", "\\.\n第二行\t末")
    assert second.lines.get().name == "软件\\t维护"


def test_each_draft_of_a_batch_has_keys_of_its_own(imported: Make) -> None:
    job = imported(many(3))
    keys = set(Invoice.objects.values_list("draft_key", flat=True))
    assert keys == {job.draft_key(ordinal) for ordinal in range(3)}
    assert len(set(Invoice.objects.values_list("request_id", flat=True))) == 3


def test_the_check_tells_row_column_value_problem_and_how_to_mend(checked: Make) -> None:
    job = checked(BAD)
    assert (job.state, job.total_count, job.good_count, job.bad_count) == (ImportState.CHECKED, 3, 1, 2)
    lost, nameless = job.problems.all()
    assert (lost.row, lost.column, lost.value) == (3, "商品和服务税收分类编码", "1.09E+18")
    assert "科学计数法" in lost.message
    assert "文本" in lost.mend
    assert (nameless.row, nameless.column, nameless.code) == (4, "购买方名称", "buyer.name_missing")
    assert not Invoice.objects.exists()


def test_all_or_nothing_imports_nothing_while_one_is_wrong(checked: Make, seller: Membership) -> None:
    with pytest.raises(ImportHasErrorsError):
        services.start_import(actor=seller.user, job=checked(BAD), mode="all")
    assert not Invoice.objects.exists()


def test_the_correct_ones_alone_are_imported_when_asked_for(imported: Make) -> None:
    job = imported(BAD, mode="correct")
    assert (job.state, job.imported_count) == (ImportState.IMPORTED, 1)
    assert ImportedInvoice.objects.get().ref == "A1"


def test_the_same_file_again_leads_to_the_first_job(upload: Make, imported: Make) -> None:
    first = imported(GOOD)
    assert upload(GOOD, name="other.csv").pk == first.pk
    services.perform_import(job_id=first.pk)
    assert Invoice.objects.count() == 1


def test_beginning_twice_and_ringing_often_makes_each_draft_once(checked: Make, seller: Membership) -> None:
    job = checked(many(3))
    for _ in range(3):
        services.start_import(actor=seller.user, job=job, mode="all")
        services.perform_import(job_id=job.pk)
    assert Invoice.objects.count() == 3


def test_an_import_goes_on_slice_by_slice(checked: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH", 2)
    job = services.start_import(actor=seller.user, job=checked(many(5)), mode="all")
    seen = []
    for _ in range(4):
        services.perform_import(job_id=job.pk, seconds=0)
        job.refresh_from_db()
        seen.append((job.position, Invoice.objects.count()))
    assert seen == [(2, 2), (4, 4), (5, 5), (5, 5)]
    assert job.state == ImportState.IMPORTED


def test_a_worker_that_lost_its_lease_writes_nothing(checked: Make, seller: Membership) -> None:
    job = services.start_import(actor=seller.user, job=checked(GOOD), mode="all")
    mine = leases.claim(ImportJob, pk=job.pk, states=[ImportState.IMPORTING])
    assert mine is not None
    ImportJob.objects.filter(pk=job.pk).update(lease_token=uuid.uuid4())
    with pytest.raises(leases.LeaseGoneError):
        leases.hold(mine)


def test_a_file_that_costs_worker_after_worker_is_given_up(upload: Make) -> None:
    job = upload(GOOD)
    ImportJob.objects.filter(pk=job.pk).update(attempts=leases.MAX_ATTEMPTS)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (ImportState.REFUSED, "import.worker_lost")


def test_an_import_is_cancelled_between_batches(
    checked: Make, seller: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BATCH", 2)
    job = services.start_import(actor=seller.user, job=checked(many(5)), mode="all")
    services.perform_import(job_id=job.pk, seconds=0)
    services.cancel_import(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    assert Invoice.objects.count() == 2
    services.undo_import(actor=seller.user, job=job)
    assert not Invoice.objects.exists()


def test_undoing_removes_every_draft_and_frees_the_file(imported: Make, upload: Make, seller: Membership) -> None:
    job = imported(many(3))
    for _ in range(2):
        services.undo_import(actor=seller.user, job=job)
    assert not Invoice.objects.exists()
    assert upload(many(3)).pk != job.pk


def test_nothing_is_undone_once_one_was_sent(imported: Make, seller: Membership) -> None:
    job = imported(many(2))
    services.issue_invoice(actor=seller.user, invoice=Invoice.objects.first(), key="k")
    with pytest.raises(UndoNotAllowedError):
        services.undo_import(actor=seller.user, job=job)
    assert Invoice.objects.count() == 2


def test_the_drafts_are_issued_in_the_order_of_the_file(imported: Make, seller: Membership) -> None:
    job = imported(many(3))
    services.start_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == ImportState.IMPORTED
    assert set(Invoice.objects.values_list("state", flat=True)) == {"issuing"}


def test_issuing_stops_when_the_disk_cannot(
    imported: Make, seller: Membership, freeze: Callable[[str], object]
) -> None:
    job = imported(many(3))
    freeze("2027-03-16 10:00")
    services.start_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == ImportState.IMPORTED
    assert job.error_text
    assert ImportedInvoice.objects.exclude(issue_error="").count() == 1


def test_issuing_is_stopped_by_a_person(imported: Make, seller: Membership) -> None:
    job = imported(many(3))
    services.start_bulk_issue(actor=seller.user, job=job)
    services.stop_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    assert Invoice.objects.exclude(state="draft").count() == 1


def test_an_outsider_and_a_clerk_without_the_role_may_not(checked: Make, seller: Membership, enrolled: Device) -> None:
    outsider = MembershipFactory(finance=True)
    job = checked(GOOD)
    for act in (services.cancel_import, services.undo_import, services.start_bulk_issue):
        with pytest.raises(NotPermittedError):
            act(actor=outsider.user, job=job)
    with pytest.raises(NotPermittedError):
        services.upload_import(
            actor=outsider.user, taxpayer=seller.taxpayer, device=enrolled, kind="007", name="a.csv", content=b"x"
        )
    with pytest.raises(NotFoundError):
        services.upload_import(
            actor=seller.user, taxpayer=seller.taxpayer, device=DeviceFactory(), kind="007", name="a.csv", content=b"x"
        )


def test_a_step_out_of_order_is_refused(upload: Make, seller: Membership) -> None:
    with pytest.raises(ImportNotReadyError):
        services.start_import(actor=seller.user, job=upload(GOOD), mode="all")


def test_an_unreadable_file_is_refused_at_once_and_not_kept(upload: Make) -> None:
    with pytest.raises(ImportRefusedError):
        upload("a,b\r\n1,2\r\n")
    with pytest.raises(ImportRefusedError):
        upload(GOOD, name="a.exe")
    assert not ImportJob.objects.exists()


def test_a_file_that_changed_in_the_store_is_not_imported(checked: Make, seller: Membership) -> None:
    job = services.start_import(actor=seller.user, job=checked(GOOD), mode="all")
    job.file.storage.delete(job.file.name)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (ImportState.REFUSED, "import.file_missing")


def test_every_act_leaves_one_record(imported: Make, seller: Membership) -> None:
    job = imported(GOOD)
    services.undo_import(actor=seller.user, job=job)
    acts = AuditEvent.objects.filter(object_type="invoicing.importjob").order_by("pk").values_list("action", flat=True)
    assert [each.removeprefix("invoicing.import_") for each in acts] == [
        "uploaded", "checked", "started", "finished", "undone",
    ]  # fmt: skip


@pytest.mark.parametrize("told", ["NaN", "sNaN", "Infinity", "1E+9999999"])
def test_a_total_that_is_no_number_is_told_beside_its_row(checked: Make, told: str) -> None:
    job = checked(samples.table([*samples.ROW, told, told], head=[*samples.HEAD, "价税合计", "税额"]))
    assert (job.state, job.bad_count) == (ImportState.CHECKED, 1)
    assert {each.code for each in job.problems.all()} <= {"file.told_total_differs", "line.told_tax_differs"}


def test_rows_of_one_reference_that_differ_show_what_stands_there(checked: Callable[..., ImportJob]) -> None:
    job = checked(samples.table(samples.ROW, ["A1", "西安:别的公司", *samples.ROW[2:]]))
    assert list(job.problems.values_list("row", "column", "value")) == [(3, "购买方名称", "西安:别的公司")]


def test_a_vehicle_invoice_is_refused_in_one_line(checked: Callable[..., ImportJob]) -> None:
    job = checked(samples.table([*samples.ROW, "机动车销售统一发票"], head=[*samples.HEAD, "票种"]))
    (problem,) = job.problems.all()
    assert (problem.code, problem.column, problem.is_blocking) == ("file.vehicle", "票种", True)
    assert problem.message == "机动车发票不能批量导入。"
