"""The beginning of an import: the file is kept under a generated name and its check is rung for."""

from __future__ import annotations

import hashlib
import uuid
from itertools import islice
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices.choices import DIGITAL_KINDS
from devices.models import Device
from invoicing import policies, tasks
from invoicing.choices_files import KEEPING_STATES, LIVE_STATES, RUNNING_STATES
from invoicing.errors_files import DiskNeededError, ImportRefusedError
from invoicing.files.problems import FileRefusedError
from invoicing.files.reading import ENDINGS, read_file
from invoicing.files.shapes import ReadFile
from invoicing.models import ImportedInvoice, ImportJob
from invoicing.rules.understanding import told_kind
from taxhall.common import doorbell
from taxhall.common.errors import NotFoundError
from taxhall.common.policies import require

# So many invoices are looked at while a person waits.
_LOOKED_AT = 200


def upload_import(
    *, actor: User, taxpayer: Taxpayer, device: Device | None, kind: str, name: str, content: bytes
) -> tuple[ImportJob, bool]:
    """Keep a file and have it checked; return its job and whether it is new.

    Rule: a file is known by its digest. The same bytes again for the same company lead to the first job, however
    often and by whomever they are sent, until that one was refused or undone; one that was cancelled or given up
    half through still counts as long as there are invoices of it, which would come twice.
    Its rows are not checked before a scanner has called the file clean (trust S-23).
    Raises: NotPermittedError; NotFoundError for another company's disk; DiskNeededError when none was chosen and not
    all is digital; ImportRefusedError with the cause.
    """
    require(policies.can_issue_invoice(actor, taxpayer), _("您的身份不能为这家企业导入发票。"))
    if device is not None and device.taxpayer_id != taxpayer.pk:
        raise NotFoundError(_("没有找到这块税控设备。"))
    digest = hashlib.sha256(content).hexdigest()
    if known := _live(taxpayer, digest):
        return known, False
    read = _readable(name, content)
    if device is None and kind not in DIGITAL_KINDS:
        _require_digital(read, kind)
    job = ImportJob(taxpayer=taxpayer, device=device, kind=kind, sha256=digest, uploaded_by=actor)
    return _store(job, name=name, content=content)


def _store(job: ImportJob, *, name: str, content: bytes) -> tuple[ImportJob, bool]:
    """Keep the file with its job; return the job of the same file instead where another one made it meanwhile."""
    # The file is stored before the row: storage may be slow, and a file without a row does no harm.
    ending = PurePath(name).suffix.lower()
    stored = default_storage.save(f"imports/{uuid.uuid4().hex}{ending}", ContentFile(content))
    job.file, job.original_name, job.size = stored, name[-200:], len(content)
    try:
        _create(job, stored)
    except IntegrityError:
        # The same file came twice at the same moment; the other one made the row.
        default_storage.delete(stored)
        if known := _live(job.taxpayer, job.sha256):
            return known, False
        raise
    account_services.scan_uploaded(job.scan)
    return job, True


@transaction.atomic
def _create(job: ImportJob, stored: str) -> None:
    job.scan = account_services.register_file(file=stored, sha256=job.sha256, taxpayer=job.taxpayer)
    job.save(force_insert=True)
    account_services.record_audit_event(
        actor=job.uploaded_by,
        action="invoicing.import_uploaded",
        obj=job,
        taxpayer=job.taxpayer,
        data={"name": job.original_name, "size": job.size, "sha256": job.sha256},
    )


def go_on_with_file(*, scan_id: int) -> None:
    """Ring for the import of a file that a scanner has spoken of; the sweep repairs a missed one."""
    for pk in ImportJob.objects.filter(scan=scan_id, state__in=RUNNING_STATES).values_list("pk", flat=True):
        doorbell.ring(tasks.perform_import, pk)


def _live(taxpayer: Taxpayer, digest: str) -> ImportJob | None:
    keeping = Q(state__in=KEEPING_STATES) & Exists(ImportedInvoice.objects.filter(job=OuterRef("pk")))
    found = ImportJob.objects.filter(Q(state__in=LIVE_STATES) | keeping, taxpayer=taxpayer, sha256=digest)
    return found.first()


def _readable(name: str, content: bytes) -> ReadFile:
    """Return the file, not yet read row by row; tell at once what no checking of rows is needed for."""
    if PurePath(name).suffix.lower() not in ENDINGS:
        raise ImportRefusedError(
            "import.ending_unknown",
            _("不能导入这种文件。"),
            _("请使用 .xlsx、.xls、.csv 或 .xml 文件。"),
        )
    try:
        return read_file(name=name, content=content)
    except FileRefusedError as error:
        raise ImportRefusedError(error.code, error.message, error.next_step) from error


def _require_digital(read: ReadFile, kind: str) -> None:
    """Ask for a disk where rows at the beginning of the file need one; of later ones its check tells."""
    try:
        first = islice(read.invoices(), _LOOKED_AT)
        rows = [each.row for each in first if told_kind(each.values.get("kind", ""), kind) not in DIGITAL_KINDS]
    except FileRefusedError as error:
        raise ImportRefusedError(error.code, error.message, error.next_step) from error
    if rows:
        raise DiskNeededError(rows)
