"""Files of invoices and the scanner (trust S-23): no row is looked at before a clean verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts import services as account_services
from accounts.errors import FileInfectedError
from accounts.models import FileScan, Membership
from accounts.scanning.demo import TRIAL
from devices.models import Device
from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.models import ImportJob, Invoice
from tests.accounts.scanning.daemon import running
from tests.harness.clients import HallClient
from tests.invoicing.files import samples
from tests.invoicing.pages import text_of

Make = Callable[..., ImportJob]
GOOD = samples.table(samples.ROW)
INFECTED = samples.table([*samples.ROW, TRIAL.decode()], head=[*samples.HEAD, "备注"])


@pytest.fixture
def no_scanner(settings: Any) -> None:
    """Name a clamd that is not there."""
    settings.FILE_SCANNER = "accounts.scanning.clamd.ClamdScanner"
    settings.CLAMD_ADDRESS = "tcp:127.0.0.1:1"


def address(job: ImportJob) -> str:
    return reverse("invoicing:import-detail", args=[job.number])


def test_without_a_scanner_the_file_waits_and_its_page_says_so(
    upload: Make, no_scanner: None, seller_client: HallClient, settings: Any
) -> None:
    job = upload(GOOD)
    services.perform_import(job_id=job.pk)
    assert services.sweep_imports() == 0, "there is nothing for a worker to do"
    job.refresh_from_db()
    assert (job.state, job.total_count, job.attempts) == (ImportState.CHECKING, 0, 0)
    assert "病毒检查程序暂时没有给出结果（已试 1 次），文件已保存" in text_of(seller_client.get(address(job)))
    FileScan.objects.update(due_at=timezone.now())
    with running(settings):
        account_services.scan_file(scan_id=job.scan_id)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.good_count) == (ImportState.CHECKED, 1)
    assert "ClamAV 1.0.7 27482" in text_of(seller_client.get(address(job)))


def test_a_verdict_rings_for_the_import_that_waits(
    upload: Make, no_scanner: None, settings: Any, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    job = upload(GOOD)
    rung: list[tuple[str, int]] = []
    monkeypatch.setattr("taxhall.common.doorbell.ring", lambda task, *ids: rung.append((task.name, *ids)))
    FileScan.objects.update(due_at=timezone.now())
    with running(settings), django_capture_on_commit_callbacks(execute=True):
        account_services.scan_file(scan_id=job.scan_id)
    assert rung == [("invoicing.perform_import", job.pk)]


def test_an_infected_file_is_refused_and_can_be_sent_again_when_it_is_clean(upload: Make, checked: Make) -> None:
    job = checked(INFECTED)
    assert (job.state, job.error_code) == (ImportState.REFUSED, "file.infected")
    assert "已隔离" in job.error_text
    assert upload(INFECTED).pk != job.pk, "a refused file is not spoken for"
    assert not Invoice.objects.exists()


def test_a_file_too_large_for_the_scanner_is_refused_in_words(
    upload: Make, settings: Any, seller_client: HallClient
) -> None:
    with running(settings) as clamd:
        clamd.behaviour = "small"
        job = upload(GOOD)
    services.perform_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (ImportState.REFUSED, "file.too_large_to_scan")
    words = text_of(seller_client.get(address(job)))
    assert "文件超过病毒检查程序能检查的大小，里面有没有病毒不能确定" in words
    assert "请压缩或拆分成较小的文件后重新上传" in words


def test_a_file_nested_too_deep_is_not_called_too_large(upload: Make, settings: Any, seller_client: HallClient) -> None:
    with running(settings) as clamd:
        clamd.behaviour, clamd.limit = "skims", "MaxRecursion"
        job = upload(GOOD)
    services.perform_import(job_id=job.pk)
    words = text_of(seller_client.get(address(job)))
    assert "文件里层层嵌套，超过病毒检查程序能检查的层数，里面有没有病毒不能确定" in words
    assert "超出限度，无法检查" in words
    assert "能检查的大小" not in words


def test_a_virus_found_between_check_and_import_keeps_the_import_out(checked: Make, seller: Membership) -> None:
    job = checked(GOOD)
    FileScan.objects.update(state="infected", finding="Eicar-Test-Signature")
    with pytest.raises(FileInfectedError):
        services.start_import(actor=seller.user, job=job, mode="all")
    with pytest.raises(FileInfectedError):
        services.marked_sheet(actor=seller.user, job=ImportJob.objects.get())


def test_the_command_says_that_the_scanner_is_awaited(
    seller: Membership, enrolled: Device, no_scanner: None, tmp_path: Any
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(GOOD)
    with pytest.raises(CommandError, match="no verdict") as caught:
        call_command("import_invoices", file, taxpayer=seller.taxpayer.number, actor=seller.user.username)
    assert caught.value.returncode == 3
