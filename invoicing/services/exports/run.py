"""The worker's part of an export: the whole file or nothing, then its digest and how long it is kept."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from datetime import timedelta
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as account_services
from invoicing import policies, selectors, tasks
from invoicing.choices_files import ExportFormat, ExportState
from invoicing.models import ExportJob
from invoicing.services import leases
from invoicing.services.exports.asked import from_json
from invoicing.services.exports.printed import count_prints, write_prints
from invoicing.services.exports.writing import Written, write_export
from taxhall.common import clock, doorbell
from taxhall.common.errors import TaxhallError

KEPT_FOR = timedelta(days=7)
_BLOCK = 1024 * 1024


def perform_export(*, job_id: int) -> None:
    """Write the file of an export; do nothing when another worker has it or it is done.

    Rule: the list is read again as the person who asked may see it, so a role lost meanwhile gives nothing.
    """
    job = leases.claim(ExportJob, pk=job_id, states=[ExportState.WRITING])
    if job is None:
        return
    if not _may_have(job):
        _fail(job, words=_("您的身份已不能打印这家企业的发票，没有生成文件，也没有计次。"))
        return
    if job.attempts > leases.MAX_ATTEMPTS:
        _fail(job)
        return
    with tempfile.TemporaryFile() as out:
        written = _write(out, job)
        size = out.tell()
        out.seek(0)
        digest = hashlib.file_digest(out, "sha256").hexdigest()
        out.seek(0)
        stored = default_storage.save(f"exports/{uuid.uuid4().hex}.{job.ending}", File(out))
    try:
        _ready(job, stored=stored, size=size, digest=digest, written=written)
    except TaxhallError as error:
        # A role that was lost while it was drawn, or another print of the same invoices: nobody gets this file.
        default_storage.delete(stored)
        _fail(job, words=f"{error.message}{error.next_step}")
    except (leases.LeaseGoneError, DatabaseError):
        default_storage.delete(stored)
        raise


def _may_have(job: ExportJob) -> bool:
    return job.format != ExportFormat.PRINT or policies.can_print_invoice(job.requested_by, job.taxpayer)


def _write(out: IO[bytes], job: ExportJob) -> Written:
    if job.format == ExportFormat.PRINT:
        drawn = write_prints(out, job=job, beat=lambda: _beat(job))
        return Written(len(drawn), 0, drawn)
    return write_export(
        out,
        format_name=job.format,
        invoices=selectors.list_invoices(
            visible_to=job.requested_by, taxpayer=job.taxpayer, filters=from_json(job.filters)
        ),
        beat=lambda: _beat(job),
    )


def _beat(job: ExportJob) -> None:
    ExportJob.objects.filter(pk=job.pk, lease_token=job.lease_token).update(leased_until=timezone.now() + leases.LEASE)


@transaction.atomic
def _ready(job: ExportJob, *, stored: str, size: int, digest: str, written: Written) -> None:
    locked = leases.hold(job)
    locked.state = ExportState.READY
    locked.file.name = stored
    locked.size, locked.sha256 = size, digest
    locked.row_count, locked.left_out_count = written.row_count, written.left_out_count
    locked.expires_at = clock.now() + KEPT_FOR
    locked.lease_token = locked.leased_until = None
    locked.save()
    if locked.format == ExportFormat.PRINT:
        count_prints(locked, written.drawn)
    account_services.record_audit_event(
        actor=locked.requested_by,
        action="invoicing.export_written",
        obj=locked,
        taxpayer_id=locked.taxpayer_id,
        data={"sha256": digest, "rows": written.row_count, "left_out": written.left_out_count},
    )


def _fail(job: ExportJob, words: str = "") -> None:
    ExportJob.objects.filter(pk=job.pk, lease_token=job.lease_token).update(
        state=ExportState.FAILED,
        lease_token=None,
        leased_until=None,
        error_text=(words or _("生成文件时多次意外中断，已停止。请缩小范围后重新生成。"))[:300],
    )


def sweep_exports() -> int:
    """Ring again for exports that nobody works on, and remove files that are no longer kept."""
    waiting = list(ExportJob.objects.filter(leases.free([ExportState.WRITING])).values_list("pk", flat=True)[:200])
    for pk in waiting:
        doorbell.ring(tasks.perform_export, pk)
    for job in ExportJob.objects.filter(state=ExportState.READY, expires_at__lt=clock.now())[:200]:
        # The row first: a file without a row does no harm, a row without its file would.
        if ExportJob.objects.filter(pk=job.pk, state=ExportState.READY).update(state=ExportState.EXPIRED):
            job.file.storage.delete(str(job.file.name))
    return len(waiting)
