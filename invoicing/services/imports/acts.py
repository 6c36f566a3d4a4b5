"""What a person decides about an import: begin, cancel, undo."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.models import User
from invoicing import policies, tasks
from invoicing.choices import InvoiceState
from invoicing.choices_files import HALFWAY_STATES, ImportMode, ImportState
from invoicing.errors_files import ImportHasErrorsError, ImportNotReadyError, UndoNotAllowedError
from invoicing.models import ImportJob
from invoicing.models.files import UNDO_WINDOW
from invoicing.services.imports import undoing
from taxhall.common import clock, doorbell
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.policies import require


@transaction.atomic
def start_import(*, actor: User, job: ImportJob, mode: str) -> ImportJob:
    """Have the correct invoices of a checked file become drafts; again while it runs changes nothing.

    Raises: NotPermittedError; ImportNotReadyError; FileRejectedError when a later look did not call the file clean;
    ImportHasErrorsError when all or nothing was asked for.
    """
    locked = lock_job(actor, job)
    if locked.state in (ImportState.IMPORTING, ImportState.IMPORTED) and locked.mode == mode:
        return locked
    if mode not in ImportMode.values:
        raise InvalidInputError(_("没有这种导入方式。"), fields={"mode": [_("请选择导入方式。")]})
    if locked.state != ImportState.CHECKED:
        raise ImportNotReadyError
    account_selectors.require_clean(locked.scan)
    if locked.bad_count == locked.total_count or (mode == ImportMode.ALL and locked.bad_count):
        raise ImportHasErrorsError(locked.bad_count)
    locked.state = ImportState.IMPORTING
    locked.mode = mode
    locked.position = 0
    locked.attempts = 0
    locked.imported_by = actor
    locked.save()
    _audit(locked, actor, "invoicing.import_started", {"mode": mode, "left_out": locked.bad_count})
    doorbell.ring_on_commit(tasks.perform_import, locked.pk)
    return locked


@transaction.atomic
def cancel_import(*, actor: User, job: ImportJob) -> ImportJob:
    """Stop an import between two batches; what was kept by then stays as drafts and may be undone.

    Raises: NotPermittedError; ImportNotReadyError when there is nothing to stop.
    """
    locked = lock_job(actor, job)
    if locked.state == ImportState.CANCELLED:
        return locked
    if locked.state not in (ImportState.CHECKING, ImportState.CHECKED, ImportState.IMPORTING):
        raise ImportNotReadyError
    locked.state = ImportState.CANCELLED
    locked.finished_at = clock.now()
    locked.lease_token = locked.leased_until = None
    locked.save()
    _audit(locked, actor, "invoicing.import_cancelled", {"imported": locked.imported_count})
    return locked


@transaction.atomic
def undo_import(*, actor: User, job: ImportJob) -> ImportJob:
    """Remove the drafts of an import: a few at once, many by a worker; again changes nothing.

    Rule: nothing is removed when one of them was sent to the disk; once the undo has begun none of them can be.
    Raises: NotPermittedError; ImportNotReadyError; UndoNotAllowedError once one of them was sent to the disk;
    ConflictError when the window is over.
    """
    locked = lock_job(actor, job)
    if locked.state in (ImportState.UNDOING, ImportState.UNDONE):
        return locked
    _require_undoable(locked)
    locked.state = ImportState.UNDOING
    locked.position = 0
    locked.attempts = 0
    locked.undo_requested_by = actor
    locked.lease_token = locked.leased_until = None
    locked.save()
    if locked.imported.count() <= undoing.PART:
        undoing.remove_part(locked)
        undoing.finish_undo(locked, actor=actor)
        return locked
    _audit(locked, actor, "invoicing.import_undo_started", {"imported": locked.imported_count})
    doorbell.ring_on_commit(tasks.perform_import, locked.pk)
    return locked


def _require_undoable(job: ImportJob) -> None:
    if job.state not in (ImportState.IMPORTED, *HALFWAY_STATES):
        raise ImportNotReadyError
    if job.finished_at is not None and clock.now() > job.finished_at + UNDO_WINDOW:
        raise ConflictError(
            _("导入已超过七天，不能整批撤销；草稿没有变化。"),
            code="import.undo_too_late",
            next_step=_("不需要的草稿可在“发票查询”里勾选后一起删除。"),
        )
    if gone := job.imported.exclude(invoice__state=InvoiceState.DRAFT).count():
        raise UndoNotAllowedError(gone)


def lock_job(actor: User, job: ImportJob) -> ImportJob:
    """Lock the job for a person of its company. Raises: NotPermittedError."""
    locked = (
        ImportJob.objects.select_for_update(of=("self",)).select_related("taxpayer", "device", "scan").get(pk=job.pk)
    )
    require(policies.can_issue_invoice(actor, locked.taxpayer), _("您的身份不能为这家企业导入发票。"))
    return locked


def _audit(job: ImportJob, actor: User, action: str, data: dict[str, object]) -> None:
    account_services.record_audit_event(actor=actor, action=action, obj=job, taxpayer=job.taxpayer, data=data)
