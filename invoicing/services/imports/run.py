"""The worker's part: one slice of a job, then the bell again, until the file is through."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.choices import ScanState
from accounts.errors import FileRejectedError, FileScanningError
from invoicing import tasks
from invoicing.choices_files import RUNNING_STATES, ImportState
from invoicing.files.problems import FileRefusedError
from invoicing.models import ImportJob
from invoicing.services import leases
from invoicing.services.imports import checking, issuing, keeping, undoing
from invoicing.services.imports.catalogue import Catalogue
from invoicing.services.imports.source import Source, open_source
from taxhall.common import clock, doorbell
from taxhall.common.errors import TaxhallError

logger = logging.getLogger(__name__)

BATCH = 1000
# Well below the limit of a task, so that a slice always ends by itself.
SLICE_SECONDS = 40.0
# In these the file itself is read.
_READING = (ImportState.CHECKING, ImportState.IMPORTING)


def perform_import(*, job_id: int, seconds: float = SLICE_SECONDS) -> None:
    """Work on an import for a while; do nothing when another worker has it.

    Rule: progress and what it stands for are one transaction, so a worker killed anywhere loses at most the batch
    it was at, and the next one goes on from the position in the row (docs/adr).
    """
    if _is_poison(job_id) or _is_unproved(job_id):
        return
    job = leases.claim(ImportJob, pk=job_id, states=RUNNING_STATES)
    if job is None:
        return
    try:
        is_done = _slice(job, until=time.monotonic() + seconds)
    except leases.LeaseGoneError:
        logger.info("import %s: stopped, or taken over", job_id)
        return
    except (FileRefusedError, TaxhallError) as error:
        _end(job, error)
        return
    finally:
        # Whatever went wrong, the next worker need not wait for the lease to end.
        leases.let_go(job)
    if not is_done:
        doorbell.ring(tasks.perform_import, job_id)


def _slice(job: ImportJob, *, until: float) -> bool:
    if job.state == ImportState.ISSUING:
        return issuing.issue_slice(job, until=until)
    if job.state == ImportState.UNDOING:
        return undoing.undo_slice(job, until=until)
    source = open_source(job)
    batches = _batches(source)
    catalogue = Catalogue()
    checker = checking.Checker(source, catalogue)
    for batch in batches:
        catalogue.learn(batch)
        if job.state == ImportState.CHECKING:
            job = checking.keep_check(job, source, checker.check(batch))
        else:
            job = keeping.keep_drafts(job, batch, catalogue)
        if time.monotonic() > until:
            return False
    if job.state == ImportState.CHECKING:
        if not job.total_count:
            raise FileRefusedError(
                "import.no_invoices", _("文件里没有发票：表头下面没有数据。"), _("请填写数据后重新上传。")
            )
        checking.finish_check(job)
    else:
        keeping.finish_import(job)
    return True


def _batches(source: Source) -> Iterator[list[tuple[int, Any]]]:
    invoices = source.invoices()
    while batch := list(islice(invoices, BATCH)):
        yield batch


def _end(job: ImportJob, error: FileRefusedError | TaxhallError) -> None:
    """End the work that this error keeps from going on, with its words. Raises: the error, from an undo."""
    if job.state in _READING:
        _refuse(job, error)
    elif job.state == ImportState.ISSUING and isinstance(error, TaxhallError):
        issuing.finish_issue(job, error)
    else:
        raise error


@transaction.atomic
def _refuse(job: ImportJob, error: FileRefusedError | TaxhallError) -> None:
    """Give the file up: refused while there is no draft of it, stopped half through once there are."""
    locked = ImportJob.objects.select_for_update().get(pk=job.pk)
    if locked.state not in _READING:
        return
    kept = locked.imported.count()
    locked.state = ImportState.STOPPED if kept else ImportState.REFUSED
    locked.error_code = error.code
    locked.error_text = str(error.message)[:500]
    locked.error_next_step = f"{_kept_words(kept)}{error.next_step}"[:500]
    locked.finished_at = clock.now()
    locked.lease_token = locked.leased_until = None
    locked.save()
    account_services.record_audit_event(
        actor=None,
        action="invoicing.import_stopped" if kept else "invoicing.import_refused",
        obj=locked,
        taxpayer_id=locked.taxpayer_id,
        data={"code": error.code, "kept": kept},
    )


def _kept_words(kept: int) -> str:
    """Say what stayed, and that the same file makes nothing twice: what comes next begins with the undo."""
    if not kept:
        return ""
    told = _(
        "已有 %(kept)d 张成为草稿，都还在，导入没有向设备发送任何内容；可以整批撤销，撤销后才能重新导入同一个文件。"
    )
    return str(told % {"kept": kept})


def _is_poison(job_id: int) -> bool:
    """Give a file up that has cost several workers in a row (trust R-23)."""
    job = ImportJob.objects.filter(leases.free(RUNNING_STATES), pk=job_id, attempts__gte=leases.MAX_ATTEMPTS).first()
    if job is None or job.state in (ImportState.ISSUING, ImportState.UNDOING):
        return False
    _refuse(
        job,
        FileRefusedError(
            "import.worker_lost",
            _("处理这个文件时多次意外中断，已停止；导入没有向设备发送任何内容。"),
            _("请把文件分小后重新上传；仍然不行的，请联系技术支持。"),
        ),
    )
    return True


def _is_unproved(job_id: int) -> bool:
    """Refuse a file that the scanner rejected, and leave one alone that no scanner has spoken of yet."""
    job = ImportJob.objects.filter(pk=job_id, state__in=_READING).exclude(scan__state=ScanState.CLEAN).first()
    if job is None:
        return False
    try:
        account_selectors.require_clean(job.scan)
    except FileRejectedError as error:
        _refuse(job, FileRefusedError(error.code, error.message, error.next_step))
    except FileScanningError:
        logger.info("import %s: waits for the scanner", job_id)
    return True


def sweep_imports() -> int:
    """Ring again for every job that nobody works on, and return how many."""
    free = ImportJob.objects.filter(leases.free(RUNNING_STATES))
    waiting = free.exclude(state=ImportState.CHECKING, scan__state=ScanState.SCANNING).values_list("pk", flat=True)[
        :200
    ]
    for pk in waiting:
        doorbell.ring(tasks.perform_import, pk)
    return len(waiting)
