"""Uploaded files and the scanner (trust S-23): unavailable until a verdict, never clean without one."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import tasks
from accounts.choices import ScanState
from accounts.models import FileScan, Taxpayer
from accounts.scanning.base import ScannerError, Verdict, file_scanner
from accounts.services.audit import record_audit_event
from accounts.signals import file_scanned
from taxhall.common import doorbell

logger = logging.getLogger(__name__)

# Who uploads waits this long for the verdict; after that a worker goes on and the page tells it.
UPLOAD_SECONDS = 3.0
WORKER_SECONDS = 40.0
# Longer than one try takes, so that two workers seldom look at the same file; two looks do no harm.
_HELD = timedelta(seconds=60)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=20), timedelta(minutes=10)
_AT_ONCE = 200


def register_file(*, file: str, sha256: str, taxpayer: Taxpayer) -> FileScan:
    """Note a stored file that nobody may open yet, in the transaction of the row that owns it."""
    due_at = timezone.now() + timedelta(seconds=UPLOAD_SECONDS * 2)
    return FileScan.objects.create(file=file, sha256=sha256, taxpayer=taxpayer, due_at=due_at)


def scan_uploaded(scan: FileScan) -> FileScan:
    """Try for a verdict while the uploader waits, after the commit; without one a worker goes on.

    Rule: a scanner that is down costs the uploader nothing, a slow one UPLOAD_SECONDS at most.
    """
    FileScan.objects.filter(pk=scan.pk, state=ScanState.SCANNING).update(due_at=timezone.now())
    scan_file(scan_id=scan.pk, patience=UPLOAD_SECONDS)
    scan.refresh_from_db()
    return scan


def scan_file(*, scan_id: int, patience: float = WORKER_SECONDS) -> None:
    """Have one file scanned that is due; do nothing when it is not, or when another worker is at it.

    Rule: only a verdict changes the state. No answer, a late one, one that is not understood, a file that is
    gone or not the one that was uploaded: the state stays, the trouble is noted, and it is tried again later.
    """
    now = timezone.now()
    if not FileScan.objects.filter(pk=scan_id, due_at__lte=now).update(due_at=now + _HELD):
        return
    scan = FileScan.objects.get(pk=scan_id)
    try:
        _record(scan, _verdict(scan, patience=patience))
    except (ScannerError, OSError) as error:
        logger.warning("file %s has no verdict: %s", scan.pk, error)
        _try_later(scan, str(error))


def _verdict(scan: FileScan, *, patience: float) -> Verdict:
    """Return what the scanner says about exactly the bytes that were uploaded. Raises: ScannerError; OSError."""
    with default_storage.open(scan.file, "rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != scan.sha256:
            raise ScannerError("the stored file is not the one that was uploaded")
        content.seek(0)
        return file_scanner().scan(content, patience=patience)


@transaction.atomic
def _record(scan: FileScan, verdict: Verdict) -> None:
    locked = FileScan.objects.select_for_update().get(pk=scan.pk)
    locked.state, locked.finding, locked.limit = verdict.state, verdict.finding, verdict.limit
    locked.engine, locked.signatures = verdict.engine.name[:60], verdict.engine.signatures[:20]
    locked.is_demo = file_scanner().is_demo
    locked.verdict_at = timezone.now()
    locked.attempts, locked.trouble, locked.due_at = 0, "", None
    locked.save()
    record_audit_event(
        actor=None,
        action="accounts.file_scanned",
        obj=locked,
        taxpayer_id=locked.taxpayer_id,
        data={
            "state": locked.state,
            "finding": locked.finding,
            "limit": locked.limit,
            "engine": locked.engine,
            "signatures": locked.signatures,
            "sha256": locked.sha256,
        },
    )
    transaction.on_commit(lambda: file_scanned.send(FileScan, scan=locked))


def _try_later(scan: FileScan, trouble: str) -> None:
    pause = min(_FIRST_PAUSE * 2 ** min(scan.attempts, 10), _LONGEST_PAUSE)
    FileScan.objects.filter(pk=scan.pk, due_at=scan.due_at).update(
        attempts=F("attempts") + 1, trouble=trouble[:200], due_at=timezone.now() + pause
    )


def rescan_files(*, everything: bool = False) -> int:
    """Have every file scanned anew whose verdict is of an older engine or older signatures; return how many.

    Rule: the verdict that stands goes on standing until the new one is there, so an update closes no file. One that
    was too large is always looked at: its limit may have been raised with the engine left as it was.
    Raises: ScannerError when the scanner does not say what it is now.
    """
    engine = file_scanner().engine(patience=UPLOAD_SECONDS)
    judged = FileScan.objects.exclude(state=ScanState.SCANNING).filter(due_at__isnull=True)
    if not everything:
        judged = judged.exclude(~Q(state=ScanState.TOO_LARGE), engine=engine.name, signatures=engine.signatures)
    return judged.update(due_at=timezone.now())


def sweep_scans() -> int:
    """Ring for files whose look is due, the longest waiting first, and return how many."""
    due = FileScan.objects.filter(due_at__lte=timezone.now()).order_by("due_at").values_list("pk", flat=True)
    waiting = list(due[:_AT_ONCE])
    for pk in waiting:
        doorbell.ring(tasks.scan_file, pk)
    return len(waiting)
