"""Reads of the jobs with files; visibility is an argument."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from devices.choices import InvoiceKind
from invoicing.choices import InvoiceState
from invoicing.choices_files import ImportState
from invoicing.models import ExportJob, ImportedInvoice, ImportJob, ImportProblem
from invoicing.selectors import issuing
from taxhall.common.errors import NotFoundError


def list_imports(*, visible_to: User, taxpayer: Taxpayer | None = None) -> QuerySet[ImportJob]:
    """Return the imports of the companies someone may see, newest first."""
    seen = account_selectors.list_taxpayers(visible_to=visible_to)
    found = ImportJob.objects.filter(taxpayer__in=seen).select_related(
        "device", "uploaded_by", "imported_by", "taxpayer", "scan"
    )
    return found if taxpayer is None else found.filter(taxpayer=taxpayer)


def get_import(*, visible_to: User, number: uuid.UUID, taxpayer: Taxpayer | None = None) -> ImportJob:
    """Return one import. Raises: NotFoundError when it is absent or not to be seen."""
    found = list_imports(visible_to=visible_to, taxpayer=taxpayer).filter(number=number).first()
    if found is None:
        raise NotFoundError(_("没有找到这次导入。"), next_step=_("请从批量导入的列表中选择。"))
    return found


def waiting_imports(*, visible_to: User, taxpayer: Taxpayer) -> list[ImportJob]:
    """Return the imports that are checked and wait for a person's decision, the longest waiting first."""
    found = list_imports(visible_to=visible_to, taxpayer=taxpayer).select_related(None)
    return list(found.filter(state=ImportState.CHECKED).order_by("pk"))


def list_problems(job: ImportJob) -> QuerySet[ImportProblem]:
    """Return what is wrong in a file, in the order of its rows."""
    return ImportProblem.objects.filter(job=job).order_by("pk")


def list_imported(job: ImportJob) -> QuerySet[ImportedInvoice]:
    """Return the invoices that came from a file, in its order."""
    return ImportedInvoice.objects.filter(job=job).select_related("invoice").order_by("ordinal")


# Why it was not issued: what the check said as it was to be sent, or what the disk said.
_FAILED = Q(invoice__state=InvoiceState.DRAFT) & (~Q(issue_error="") | ~Q(invoice__error_text=""))
_WAITING = Q(invoice__state__in=[InvoiceState.ISSUING, InvoiceState.IN_DOUBT])


@dataclass(frozen=True)
class ImportedCounts:
    """What became of the invoices of a file."""

    drafts: int
    failed: int
    waiting: int
    issued: int


def imported_counts(job: ImportJob) -> ImportedCounts:
    """Return how many of the invoices of a file are drafts still, failed, wait for the disk and are issued."""
    row = ImportedInvoice.objects.filter(job=job).aggregate(
        drafts=Count("pk", filter=Q(invoice__state=InvoiceState.DRAFT)),
        failed=Count("pk", filter=_FAILED),
        waiting=Count("pk", filter=_WAITING),
        everything=Count("pk"),
    )
    issued = row.pop("everything") - row["drafts"] - row["waiting"]
    return ImportedCounts(**row, issued=issued)


SHORTAGE_MEND = _(
    "不影响导入草稿。请先领用发票并写入设备，再开具；也可以分批开具：现有的开完后，没有开成的仍是草稿，领用后接着开。"
)


@dataclass(frozen=True)
class Shortage:
    """A kind of which the disk holds fewer blank invoices than the file has invoices to be issued."""

    kind: str
    needed: int
    remaining: int

    @property
    def words(self) -> str:
        """Say it with both figures."""
        facts = {
            "kind": InvoiceKind(self.kind).label,
            "needed": self.needed,
            "remaining": self.remaining,
            "missing": self.needed - self.remaining,
        }
        told = _("%(kind)s：要开具 %(needed)d 份，设备上还剩 %(remaining)d 份空白发票，差 %(missing)d 份。")
        return str(told % facts)


def list_shortages(job: ImportJob) -> list[Shortage]:
    """Return the kinds of which the disk lacks blank invoices now for what the file still has to be issued.

    Rule: a warning, never a refusal: drafts need no stock, and what is bought meanwhile counts. A kind that the disk
    may not issue at all is told by the rows themselves.
    """
    if job.device is None:
        return []
    needed = _drafts_by_kind(job) if job.state == ImportState.IMPORTED else job.kind_counts
    free = issuing.free_stock(job.device) if needed else {}
    found = (Shortage(kind, count, free[kind]) for kind, count in sorted(needed.items()) if kind in free)
    return [each for each in found if each.needed > each.remaining]


def _drafts_by_kind(job: ImportJob) -> dict[str, int]:
    drafts = ImportedInvoice.objects.filter(job=job, invoice__state=InvoiceState.DRAFT, invoice__device=job.device)
    return dict(drafts.order_by().values_list("invoice__kind").annotate(Count("pk")))


def list_failed(job: ImportJob) -> QuerySet[ImportedInvoice]:
    """Return the drafts of a file that could not be issued, in its order."""
    return list_imported(job).filter(_FAILED)


def list_exports(*, visible_to: User, taxpayer: Taxpayer | None = None) -> QuerySet[ExportJob]:
    """Return the exports of the companies someone may see, newest first."""
    seen = account_selectors.list_taxpayers(visible_to=visible_to)
    found = ExportJob.objects.filter(taxpayer__in=seen).select_related("requested_by", "taxpayer")
    return found if taxpayer is None else found.filter(taxpayer=taxpayer)


def get_export(*, visible_to: User, number: uuid.UUID, taxpayer: Taxpayer | None = None) -> ExportJob:
    """Return one export. Raises: NotFoundError when it is absent or not to be seen."""
    found = list_exports(visible_to=visible_to, taxpayer=taxpayer).filter(number=number).first()
    if found is None:
        raise NotFoundError(_("没有找到这个导出文件。"), next_step=_("请从导出文件的列表中选择。"))
    return found
