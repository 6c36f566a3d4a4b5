"""Issuing the drafts of an import one after the other, each through the ordinary service, stoppable at any time."""

from __future__ import annotations

import time

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from devices import services as device_services
from invoicing import selectors, tasks
from invoicing.choices import InvoiceState
from invoicing.choices_files import ImportState
from invoicing.errors import InvoiceProblemsError
from invoicing.errors_files import ImportNotReadyError
from invoicing.models import ImportedInvoice, ImportJob, Invoice
from invoicing.services import leases
from invoicing.services.imports.acts import lock_job
from invoicing.services.issue import issue_invoice
from taxhall.common import doorbell
from taxhall.common.errors import NotFoundError, TaxhallError

# So many may wait for the disk at a time: what is sent is signed soon, and stopping stops soon.
MOST_WAITING = 20
# When no more than these are left to wait, the next ones are sent.
_FEW_WAITING = 5
# The hall holds the invoices and has the disk told so: then it takes more, by itself.
_CEILINGS = frozenset({"disk.offline_count", "disk.offline_amount"})
# What is true of the disk stops the whole row of invoices; what is wrong with one is told beside it. These are of the
# disk in name, yet of one invoice or one kind in fact: the rest of the file can be issued, and in every later round the
# first of them would stop it again.
_OF_THE_DISK = "disk."
_OF_ONE = frozenset({"disk.over_limit", "disk.kind_not_authorised", "disk.stock_empty"})
_PART = 500
_KEY = "bulk:"
_LONGEST_TITLE = 200


@transaction.atomic
def start_bulk_issue(*, actor: User, job: ImportJob) -> ImportJob:
    """Send the drafts of an import to the disk in the order of the file; again while it runs changes nothing.

    Raises: NotPermittedError; ImportNotReadyError.
    """
    locked = lock_job(actor, job)
    if locked.state == ImportState.ISSUING:
        return locked
    if locked.state != ImportState.IMPORTED:
        raise ImportNotReadyError
    locked.state = ImportState.ISSUING
    locked.position = 0
    locked.attempts = 0
    locked.issue_stop = False
    locked.issue_round += 1
    locked.issue_requested_by = actor
    locked.error_code = locked.error_text = locked.error_next_step = ""
    locked.save()
    _audit(locked, actor, "invoicing.bulk_issue_started")
    doorbell.ring_on_commit(tasks.perform_import, locked.pk)
    return locked


@transaction.atomic
def stop_bulk_issue(*, actor: User, job: ImportJob) -> ImportJob:
    """Stop after the invoice that is being sent; those already sent go on. Raises: NotPermittedError."""
    locked = lock_job(actor, job)
    if locked.state == ImportState.ISSUING and not locked.issue_stop:
        locked.issue_stop = True
        locked.save(update_fields=["issue_stop", "updated_at"])
        _audit(locked, actor, "invoicing.bulk_issue_stopped")
        doorbell.ring_on_commit(tasks.perform_import, locked.pk)
    return locked


def issue_slice(job: ImportJob, *, until: float) -> bool:
    """Send drafts until the time is over; say whether there is nothing to do now. Raises: LeaseGoneError.

    Rule: no more than MOST_WAITING wait for the disk; whoever records its answers rings for the next ones.
    """
    links = _left(job)
    room = MOST_WAITING - count_waiting(job)
    for link in links:
        if room <= 0 and not job.issue_stop:
            return True
        why = _issue(job, link)
        if _is_being_told(link, why):
            return True
        is_stopped = _note(job, link, why)
        if is_stopped:
            return True
        if time.monotonic() > until:
            return False
        room -= why is None and not link.invoice.is_digital
    if len(links) == _PART:
        return False
    finish_issue(job, None)
    return True


def count_waiting(job: ImportJob) -> int:
    """Return how many invoices of the import wait for the disk."""
    return ImportedInvoice.objects.filter(job=job, invoice__state=InvoiceState.ISSUING).count()


def go_on_issuing(invoice: Invoice) -> None:
    """Ring for the import that sent an invoice once few of its invoices wait; the sweep repairs a missed one."""
    if not invoice.issue_key.startswith(_KEY):
        return
    link = ImportedInvoice.objects.filter(invoice=invoice, job__state=ImportState.ISSUING).select_related("job").first()
    if link is not None and count_waiting(link.job) <= _FEW_WAITING:
        doorbell.ring(tasks.perform_import, link.job_id)


def _is_being_told(link: ImportedInvoice, why: TaxhallError | None) -> bool:
    """Say whether the disk is full of invoices that the hall holds, and is being told so."""
    device = link.invoice.device
    if device is None or not isinstance(why, InvoiceProblemsError):
        return False
    codes = {each.code for each in why.problems if each.is_blocking}
    return bool(codes) and codes <= _CEILINGS and device_services.acknowledge_upload(device=device) is not None


def _left(job: ImportJob) -> list[ImportedInvoice]:
    """Return the drafts that this round has not come to yet, by their place in the file."""
    rows = ImportedInvoice.objects.filter(job=job, ordinal__gte=job.position, invoice__state=InvoiceState.DRAFT)
    return list(rows.select_related("invoice__device").order_by("ordinal")[:_PART])


def _issue(job: ImportJob, link: ImportedInvoice) -> TaxhallError | None:
    actor = job.issue_requested_by
    if actor is None:
        return None
    try:
        # The key makes a second worker's try the same one.
        issue_invoice(actor=actor, invoice=link.invoice, key=f"{_KEY}{job.pk}:{job.issue_round}:{link.ordinal}"[:64])
    except TaxhallError as error:
        return error
    return None


@transaction.atomic
def _note(job: ImportJob, link: ImportedInvoice, why: TaxhallError | None) -> bool:
    locked = leases.hold(job)
    text = str(why.message) if why else ""
    if isinstance(why, InvoiceProblemsError):
        text = "".join(str(each.message) for each in why.problems)
    ImportedInvoice.objects.filter(pk=link.pk).update(issue_error=text[:300])
    locked.position = link.ordinal + 1
    locked.save()
    stops = locked.issue_stop or (why is not None and _is_of_the_disk(why))
    if stops:
        finish_issue(job, why)
    return stops


def _is_of_the_disk(why: TaxhallError) -> bool:
    if isinstance(why, InvoiceProblemsError):
        codes = {each.code for each in why.problems if each.is_blocking}
        return all(code.startswith(_OF_THE_DISK) and code not in _OF_ONE for code in codes)
    # A draft that somebody deleted meanwhile is missing, and nothing else.
    return not isinstance(why, NotFoundError)


@transaction.atomic
def finish_issue(job: ImportJob, why: TaxhallError | None) -> None:
    """End a round of issuing: through, or stopped by what is true of all that is left. Raises: LeaseGoneError."""
    locked = leases.hold(job)
    locked.state = ImportState.IMPORTED
    locked.lease_token = locked.leased_until = None
    if why is not None:
        first = why.problems[0] if isinstance(why, InvoiceProblemsError) else None
        locked.error_code = first.code if first else why.code
        locked.error_text = str(first.message if first else why.message)[:500]
        locked.error_next_step = str(first.mend if first else why.next_step)[:500]
    locked.save()
    _audit(locked, locked.issue_requested_by, "invoicing.bulk_issue_finished")
    if not locked.issue_stop:
        _tell(locked)


def _tell(job: ImportJob) -> None:
    """Tell the company how it ended, since whoever began it may have left the page long ago."""
    failed = selectors.imported_counts(job).failed
    if job.error_code:
        title, body = _("批量开具停下了：%(file)s"), f"{job.error_text}{job.error_next_step}"
    elif failed:
        title = _("批量开具完成，有 %(failed)d 张没有开成：%(file)s")
        body = _("没有开成的仍是草稿，没有占用号码；请在导入页面查看原因，改好后再开具。")
    else:
        title, body = _("批量开具完成：%(file)s"), _("结果在导入页面。")
    account_services.send_notice(
        taxpayer=job.taxpayer,
        kind="import",
        title=(title % {"failed": failed, "file": job.original_name})[:_LONGEST_TITLE],
        body=body,
        link=reverse("invoicing:import-detail", args=[job.number]),
        dedupe_key=f"bulk-issue:{job.pk}:{job.issue_round}",
    )


def _audit(job: ImportJob, actor: User | None, action: str) -> None:
    account_services.record_audit_event(actor=actor, action=action, obj=job, taxpayer_id=job.taxpayer_id)
