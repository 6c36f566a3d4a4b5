"""Uploaded files are unavailable until a verdict, and only a verdict changes what is known of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.utils import timezone

from accounts import selectors, services
from accounts.errors import FileInfectedError, FileScanningError, FileTooLargeToScanError
from accounts.models import AuditEvent, FileScan
from accounts.scanning.demo import TRIAL
from tests.accounts.scanning.daemon import running
from tests.factories.accounts import TaxpayerFactory

pytestmark = pytest.mark.django_db
Put = Callable[..., FileScan]
NOWHERE = "tcp:127.0.0.1:1"


@pytest.fixture
def put() -> Put:
    """Return a function that stores a file nobody may open yet."""

    def stored(content: bytes = b"harmless") -> FileScan:
        name = default_storage.save("trial/file.bin", ContentFile(content))
        digest = hashlib.sha256(content).hexdigest()
        return services.register_file(file=name, sha256=digest, taxpayer=TaxpayerFactory())

    return stored


@pytest.fixture
def clamd_is_down(settings: Any) -> None:
    """Name a clamd that is not there."""
    settings.FILE_SCANNER = "accounts.scanning.clamd.ClamdScanner"
    settings.CLAMD_ADDRESS = NOWHERE


def test_a_file_may_be_opened_only_after_a_clean_verdict(put: Put) -> None:
    scan = put()
    with pytest.raises(FileScanningError):
        selectors.require_clean(scan)
    selectors.require_clean(services.scan_uploaded(scan))
    assert (scan.engine, scan.signatures, scan.is_demo, scan.due_at) == ("演示扫描", "1", True, None)


def test_what_is_found_is_kept_with_who_found_it(put: Put) -> None:
    scan = services.scan_uploaded(put(TRIAL))
    with pytest.raises(FileInfectedError, match="Eicar"):
        selectors.require_clean(scan)
    told = AuditEvent.objects.get(action="accounts.file_scanned")
    assert (told.taxpayer_id, told.data["finding"]) == (scan.taxpayer_id, "Eicar-Test-Signature")


def test_a_scanner_that_is_down_leaves_the_file_closed_and_a_worker_goes_on(
    put: Put, clamd_is_down: None, settings: Any
) -> None:
    scan = services.scan_uploaded(put())
    assert (scan.is_waiting, scan.attempts) == (True, 1)
    assert "cannot be reached" in scan.trouble
    assert services.sweep_scans() == 0, "the next try is not due yet"
    FileScan.objects.update(due_at=timezone.now())
    assert services.sweep_scans() == 1
    with running(settings):
        services.scan_file(scan_id=scan.pk)
    scan.refresh_from_db()
    assert (scan.is_clean, scan.engine, scan.attempts, scan.trouble) == (True, "ClamAV 1.0.7", 0, "")


def test_each_failure_lengthens_the_pause_up_to_ten_minutes(put: Put, clamd_is_down: None) -> None:
    scan = put()
    pauses = []
    for attempts in (0, 1, 2, 30):
        FileScan.objects.update(attempts=attempts, due_at=timezone.now())
        services.scan_file(scan_id=scan.pk)
        scan.refresh_from_db()
        pauses.append(round((scan.due_at - timezone.now()).total_seconds() / 20))
    assert pauses == [1, 2, 4, 30]


@pytest.mark.parametrize("behaviour", ["dies", "error", "garbage", "cut"])
def test_a_scanner_that_fails_in_the_middle_never_means_clean(put: Put, settings: Any, behaviour: str) -> None:
    with running(settings) as clamd:
        clamd.behaviour = behaviour
        scan = services.scan_uploaded(put())
    assert (scan.is_waiting, scan.attempts) == (True, 1)


def test_a_file_that_is_too_large_is_closed_until_larger_limits_let_it_be_looked_at(put: Put, settings: Any) -> None:
    with running(settings) as clamd:
        clamd.behaviour = "small"
        scan = services.scan_uploaded(put())
        with pytest.raises(FileTooLargeToScanError, match="能检查的大小，里面有没有病毒不能确定"):
            selectors.require_clean(scan)
        assert (scan.is_rejected, scan.due_at, AuditEvent.objects.latest("pk").data["state"]) == (
            True,
            None,
            "too_large",
        )
        clamd.behaviour = "good"
        assert services.rescan_files() == 1, "the limit is no part of the engine's name"
        services.scan_file(scan_id=scan.pk)
        assert services.rescan_files() == 0
    scan.refresh_from_db()
    selectors.require_clean(scan)


def test_a_file_that_changed_or_is_gone_is_not_judged(put: Put) -> None:
    changed, gone = put(), put()
    FileScan.objects.filter(pk=changed.pk).update(sha256="0" * 64)
    default_storage.delete(gone.file)
    for scan in (changed, gone):
        assert services.scan_uploaded(scan).is_waiting
    assert "not the one" in changed.trouble


def test_a_second_worker_leaves_a_file_alone_that_another_holds(put: Put) -> None:
    scan = put()
    FileScan.objects.update(due_at=timezone.now() + timedelta(seconds=30))
    services.scan_file(scan_id=scan.pk)
    scan.refresh_from_db()
    assert scan.is_waiting


def test_a_repeat_writes_nothing_more(put: Put) -> None:
    scan = services.scan_uploaded(put())
    services.scan_file(scan_id=scan.pk)
    services.scan_uploaded(scan)
    assert AuditEvent.objects.filter(action="accounts.file_scanned").count() == 1


def test_an_update_has_every_older_verdict_looked_at_anew_while_it_stands(put: Put, settings: Any) -> None:
    with running(settings) as clamd:
        scan = services.scan_uploaded(put())
        out = io.StringIO()
        call_command("rescan_uploads", stdout=out)
        assert "0 file(s)" in out.getvalue()
        clamd.version = "ClamAV 1.0.7/27483/Tue Dec  3 09:36:42 2026"
        call_command("rescan_uploads", stdout=out)
        scan.refresh_from_db()
        assert (scan.is_clean, services.sweep_scans()) == (True, 1)
        services.scan_file(scan_id=scan.pk)
    scan.refresh_from_db()
    assert (scan.signatures, scan.due_at) == ("27483", None)


def test_all_files_are_looked_at_anew_when_asked_for(put: Put, settings: Any) -> None:
    with running(settings):
        services.scan_uploaded(put())
        assert (services.rescan_files(), services.rescan_files(everything=True)) == (0, 1)


def test_a_file_that_new_signatures_know_is_closed(put: Put, settings: Any) -> None:
    scan = services.scan_uploaded(put(TRIAL[:10]))
    default_storage.delete(scan.file)
    default_storage.save(scan.file, ContentFile(TRIAL))
    FileScan.objects.update(sha256=hashlib.sha256(TRIAL).hexdigest(), due_at=timezone.now())
    services.scan_file(scan_id=scan.pk)
    scan.refresh_from_db()
    with pytest.raises(FileInfectedError):
        selectors.require_clean(scan)


def test_the_command_says_when_the_scanner_is_down(clamd_is_down: None) -> None:
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("rescan_uploads")


@pytest.mark.parametrize(
    "lie", [{"state": "clean"}, {"state": "infected"}, {"state": "too_large"}, {"finding": "x"}, {"state": "fine"}]
)
def test_the_database_holds_no_verdict_without_an_engine(put: Put, lie: dict[str, str]) -> None:
    scan = put()
    with pytest.raises(IntegrityError):
        FileScan.objects.filter(pk=scan.pk).update(**lie)
