"""Issuing a file of any length: few orders wait at a time, the disk's ceiling is a pause, and the page tells it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Membership, Notice
from devices.choices import CommandKind, DeviceStatus
from devices.models import Device, DeviceCommand
from invoicing import selectors, services
from invoicing.choices_files import ImportState
from invoicing.models import ImportedInvoice, ImportJob, Invoice
from invoicing.services.imports import issuing
from tests.harness.clients import HallClient
from tests.invoicing.disk import SigningDisk
from tests.invoicing.files import samples
from tests.invoicing.files.conftest import many
from tests.invoicing.pages import text_of

Make = Callable[..., ImportJob]
Rung = list[tuple[str, Any]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    """Return what was rung for, in order."""
    heard: Rung = []
    monkeypatch.setattr("taxhall.common.doorbell.ring", lambda task, *ids: heard.append((task.name, *ids)))
    return heard


@pytest.fixture
def two_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two orders wait for the disk at a time."""
    monkeypatch.setattr(issuing, "MOST_WAITING", 2)
    monkeypatch.setattr(issuing, "_FEW_WAITING", 1)


def start(job: ImportJob, seller: Membership) -> None:
    services.start_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()


def states(job: ImportJob) -> list[str]:
    return list(ImportedInvoice.objects.filter(job=job).order_by("ordinal").values_list("invoice__state", flat=True))


def sign_next() -> None:
    services.perform_issue(invoice_id=Invoice.objects.filter(state="issuing").order_by("pk").first().pk)


@pytest.mark.usefixtures("two_wait")
def test_no_more_than_a_few_orders_wait_and_each_answer_brings_the_next(
    imported: Make, seller: Membership, disk: SigningDisk, rung: Rung
) -> None:
    job = imported(many(4))
    start(job, seller)
    assert (job.state, states(job)) == (ImportState.ISSUING, ["issuing", "issuing", "draft", "draft"])
    rung.clear()
    sign_next()
    assert ("invoicing.perform_import", job.pk) in rung
    services.perform_import(job_id=job.pk)
    assert states(job) == ["issued", "issuing", "issuing", "draft"]
    for _ in range(2):
        sign_next()
        services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, states(job)) == (ImportState.IMPORTED, ["issued", "issued", "issued", "issuing"])


@pytest.mark.usefixtures("two_wait")
def test_a_disk_that_is_away_holds_the_rest_back_and_a_person_may_stop(
    imported: Make, seller: Membership, rung: Rung
) -> None:
    job = imported(many(4))
    start(job, seller)
    for _ in range(3):
        services.perform_import(job_id=job.pk)
    assert states(job).count("draft") == 2
    services.stop_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == ImportState.IMPORTED


def test_a_full_disk_is_told_what_the_hall_holds_and_the_import_goes_on_afterwards(
    imported: Make, seller: Membership, enrolled: Device, disk: SigningDisk
) -> None:
    job = imported(many(3))
    start(job, seller)
    sign_next()
    services.stop_bulk_issue(actor=seller.user, job=job)
    for _ in range(2):
        sign_next()
    more = imported(many(2).replace("N0000", "M0000"))
    Device.objects.update(offline_count_limit=3)
    start(more, seller)
    told = DeviceCommand.objects.get(kind=CommandKind.ACKNOWLEDGE)
    assert told.payload["first"] == 1
    assert (more.state, states(more)) == (ImportState.ISSUING, ["draft", "draft"])
    assert not ImportedInvoice.objects.exclude(issue_error="").exists()
    Device.objects.update(offline_count=0)
    services.perform_import(job_id=more.pk)
    assert states(more) == ["issuing", "issuing"]


@pytest.mark.usefixtures("disk")
def test_a_disk_is_tended_when_half_of_its_ceiling_is_used(
    imported: Make, seller: Membership, enrolled: Device, rung: Rung, django_capture_on_commit_callbacks: Any
) -> None:
    Device.objects.update(offline_count_limit=4)
    start(imported(many(3)), seller)
    tended = []
    for _ in range(3):
        rung.clear()
        with django_capture_on_commit_callbacks(execute=True):
            sign_next()
        tended.append(("devices.tend_device", enrolled.serial) in rung)
    assert tended == [False, True, False]


def test_the_page_tells_what_was_issued_what_waits_and_what_failed_why(
    imported: Make, seller: Membership, seller_client: HallClient, disk: SigningDisk
) -> None:
    job = imported(many(4))
    start(job, seller)
    sign_next()
    disk.faults.append("disk.stock_empty")
    sign_next()
    ImportedInvoice.objects.filter(ordinal=3).update(issue_error="")
    counts = selectors.imported_counts(job)
    assert (counts.issued, counts.waiting, counts.drafts, counts.failed) == (1, 2, 1, 1)
    url = reverse("invoicing:import-detail", args=[job.number])
    words = text_of(seller_client.get(url))
    assert "已开具 1 张，等待设备 2 张，草稿 1 张" in words
    assert "只看没有开成的 1 张和原因" in words
    failed = seller_client.get(url + "?only=failed")
    assert [row.ordinal for row in failed.context["page_obj"]] == [1]
    assert Invoice.objects.get(state="draft").error_text in text_of(failed)


def test_while_some_are_wrong_only_the_correct_ones_are_offered(checked: Make, seller_client: HallClient) -> None:
    job = checked(many(1) + many(2).splitlines()[2].replace("1000.00", "abc") + "\r\n")
    page = seller_client.get(reverse("invoicing:import-detail", args=[job.number])).content.decode()
    assert '<input type="hidden" name="mode" value="correct">' in page
    assert "导入正确的 1 张" in page


@pytest.mark.usefixtures("disk")
def test_an_invoice_above_its_limit_keeps_none_of_the_others_back(imported: Make, seller: Membership) -> None:
    prices = ("1000.00", "99999999.00", "1000.00")
    rows = [[f"N{each}", *samples.ROW[1:-2], price, samples.ROW[-1]] for each, price in enumerate(prices)]
    job = imported(samples.table(*rows))
    start(job, seller)
    assert (job.state, job.error_code) == (ImportState.IMPORTED, "")
    assert states(job) == ["issuing", "draft", "issuing"]
    assert "单张开票限额" in ImportedInvoice.objects.get(job=job, ordinal=1).issue_error
    notice = Notice.objects.get(recipient=seller.taxpayer)
    assert notice.title == "批量开具完成，有 1 张没有开成：a.csv"


@pytest.mark.usefixtures("enrolled")
def test_the_inbox_tells_why_a_bulk_issue_stopped_and_once_only(imported: Make, seller: Membership) -> None:
    job = imported(many(2))
    Device.objects.update(status=DeviceStatus.FROZEN)
    start(job, seller)
    assert states(job) == ["draft", "draft"]
    services.perform_import(job_id=job.pk)
    notice = Notice.objects.get(recipient=seller.taxpayer)
    assert (notice.title, notice.link) == (
        "批量开具停下了：a.csv",
        reverse("invoicing:import-detail", args=[job.number]),
    )
    assert job.error_text in notice.body


def test_whoever_stops_a_bulk_issue_is_told_nothing_new(imported: Make, seller: Membership, rung: Rung) -> None:
    job = imported(many(2))
    services.start_bulk_issue(actor=seller.user, job=job)
    services.stop_bulk_issue(actor=seller.user, job=job)
    services.perform_import(job_id=job.pk)
    assert not Notice.objects.exists()
