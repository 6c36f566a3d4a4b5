"""The undo of a big import: a worker's job, part by part; nothing of it is issued meanwhile, nothing removed twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts.models import AuditEvent, Membership
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.errors_files import BeingUndoneError, UndoNotAllowedError
from invoicing.models import ImportedInvoice, ImportJob, Invoice, InvoiceLine
from invoicing.services.imports import undoing
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.files.conftest import many
from tests.invoicing.pages import text_of

Make = Callable[..., ImportJob]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take two drafts for a part, so that five are a big import."""
    monkeypatch.setattr(undoing, "PART", 2)


@pytest.fixture
def undone(imported: Make, seller: Membership) -> ImportJob:
    """Return an import of five whose undo has begun."""
    return services.undo_import(actor=seller.user, job=imported(many(5)))


def test_a_big_undo_is_begun_and_goes_on_slice_by_slice(undone: ImportJob) -> None:
    seen = []
    for _ in range(4):
        seen.append((undone.state, undone.percent, Invoice.objects.count()))
        services.perform_import(job_id=undone.pk, seconds=-1)
        undone.refresh_from_db()
    assert seen == [("undoing", 0, 5), ("undoing", 40, 3), ("undoing", 80, 1), ("undone", 100, 0)]
    assert not InvoiceLine.objects.exists()
    assert not ImportedInvoice.objects.exists()


def test_a_small_undo_is_done_at_once(imported: Make, seller: Membership) -> None:
    assert services.undo_import(actor=seller.user, job=imported(many(2))).state == ImportState.UNDONE


def test_pressing_twice_and_ringing_often_undoes_once(undone: ImportJob, seller: Membership) -> None:
    for _ in range(3):
        services.undo_import(actor=seller.user, job=undone)
        services.perform_import(job_id=undone.pk)
    acts = AuditEvent.objects.filter(action__startswith="invoicing.import_und").order_by("pk")
    assert [each.action for each in acts] == ["invoicing.import_undo_started", "invoicing.import_undone"]
    assert acts.last().data == {"removed": 5, "kept": 0}


def test_none_of_its_drafts_is_issued_once_the_undo_has_begun(undone: ImportJob, seller: Membership) -> None:
    with pytest.raises(BeingUndoneError):
        services.issue_invoice(actor=seller.user, invoice=Invoice.objects.first(), key="k")
    assert set(Invoice.objects.values_list("state", flat=True)) == {"draft"}


def test_one_that_was_sent_keeps_all_of_them(imported: Make, seller: Membership) -> None:
    job = imported(many(5))
    services.issue_invoice(actor=seller.user, invoice=Invoice.objects.last(), key="k")
    with pytest.raises(UndoNotAllowedError):
        services.undo_import(actor=seller.user, job=job)
    job.refresh_from_db()
    assert (job.state, Invoice.objects.count()) == (ImportState.IMPORTED, 5)


def test_one_that_slipped_through_stays_and_is_told(undone: ImportJob) -> None:
    Invoice.objects.filter(imported_from__ordinal=3).update(state="issuing")
    services.perform_import(job_id=undone.pk)
    undone.refresh_from_db()
    assert (undone.state, Invoice.objects.get().imported_from.ordinal) == (ImportState.UNDONE, 3)
    assert AuditEvent.objects.get(action="invoicing.import_undone").data == {"removed": 4, "kept": 1}


def test_an_outsider_may_not_and_changes_nothing(imported: Make) -> None:
    job = imported(many(5))
    with pytest.raises(NotPermittedError):
        services.undo_import(actor=MembershipFactory(finance=True).user, job=job)
    assert Invoice.objects.count() == 5


def test_an_undo_is_never_given_up(undone: ImportJob) -> None:
    ImportJob.objects.update(attempts=99)
    services.perform_import(job_id=undone.pk)
    undone.refresh_from_db()
    assert undone.state == ImportState.UNDONE


def test_the_page_shows_how_far_it_is_and_offers_no_way_back(undone: ImportJob, seller_client: HallClient) -> None:
    services.perform_import(job_id=undone.pk, seconds=-1)
    url = reverse("invoicing:import-detail", args=[undone.number])
    words = text_of(seller_client.get(url))
    assert "已删除 2 张草稿，共 5 张。这些草稿不能再开具。" in words
    for act in ("cancel", "issue"):
        seller_client.post(reverse("invoicing:import-act", args=[undone.number, act]))
    undone.refresh_from_db()
    assert undone.state == ImportState.UNDOING
    services.perform_import(job_id=undone.pk)
    assert "已撤销" in text_of(seller_client.get(url))


def test_pressing_the_button_says_that_it_has_begun(imported: Make, seller_client: HallClient) -> None:
    job = imported(many(5))
    url = reverse("invoicing:import-act", args=[job.number, "undo"])
    assert "已开始撤销，这次导入的草稿正在删除" in text_of(seller_client.post(url, follow=True))


def test_the_database_knows_no_way_back_from_an_undo(undone: ImportJob) -> None:
    with pytest.raises(IntegrityError):
        ImportJob.objects.update(state=ImportState.IMPORTED)
