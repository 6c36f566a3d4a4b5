"""The check of a file: every problem of every invoice, batch by batch, nothing kept of the invoices themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing import selectors
from invoicing.choices_files import ImportState
from invoicing.models import ImportJob, ImportProblem
from invoicing.rules.importing import check_understood, import_terms
from invoicing.rules.issuing import IssuingTerms
from invoicing.rules.understanding import RowProblem, Understood
from invoicing.services import leases
from invoicing.services.imports.catalogue import Catalogue
from invoicing.services.imports.source import Source, column_label
from taxhall.common import failpoints

# More are counted but not kept: nobody reads them one by one.
MAX_KEPT = 10_000


@dataclass(frozen=True)
class Checked:
    """One invoice of a file after its check: its place, its kind, what is wrong with it."""

    ordinal: int
    kind: str
    problems: list[RowProblem]

    @property
    def is_bad(self) -> bool:
        """Whether it is left out."""
        return any(each.is_blocking for each in self.problems)


@dataclass
class Checker:
    """Checks the invoices of one file by the terms of its disk and the tax classification."""

    source: Source
    catalogue: Catalogue
    terms: dict[str, IssuingTerms] = field(default_factory=dict)

    def check(self, batch: Sequence[tuple[int, Understood]]) -> list[Checked]:
        """Check the invoices of a batch."""
        issued = self._issued(batch)
        return [
            Checked(ordinal, found.draft.kind, [*_issued_before(found, issued), *self._problems(found)])
            for ordinal, found in batch
        ]

    def _issued(self, batch: Sequence[tuple[int, Understood]]) -> set[tuple[str, str]]:
        """Return which numbers that stand in a batch are the company's own: one query, or none where none stand."""
        numbers = {number for _at, found in batch if (number := _told_number(found)[1])}
        return selectors.own_numbers(taxpayer=self.source.job.taxpayer, numbers=numbers) if numbers else set()

    def _problems(self, found: Understood) -> list[RowProblem]:
        kind, job = found.draft.kind, self.source.job
        if kind == InvoiceKind.VEHICLE:
            # One cause, one line: a table has no columns for what such an invoice says of its vehicle.
            return [_no_vehicle(found)]
        if job.device is None and kind not in DIGITAL_KINDS:
            return [*found.problems, _needs_disk(found)]
        if kind not in self.terms:
            self.terms[kind] = import_terms(selectors.terms_for(taxpayer=job.taxpayer, device=job.device, kind=kind))
        advice = self.catalogue.advice(found)
        return check_understood(found, self.terms[kind], seller_number=job.taxpayer.number, advice=advice)


def _told_number(found: Understood) -> tuple[str, str]:
    values = found.read.values
    return values.get("invoice_code", ""), values.get("invoice_number") or values.get("digital_number", "")


def _issued_before(found: Understood, issued: Set[tuple[str, str]]) -> Iterator[RowProblem]:
    """Advise of an invoice that is issued already: an export that is sent back doubles what it holds."""
    if (told := _told_number(found)) in issued:
        yield RowProblem(
            "file.issued_before",
            found.read.row,
            "invoice_number",
            told[1][:200],
            _("这张发票已经开具过（%(number)s），导入后是另一张新的草稿，再开具就重复了。")
            % {"number": " ".join(filter(None, told))},
            _("不需要再开一张的，请从文件中删除后重新上传。"),
            is_blocking=False,
        )


def _no_vehicle(found: Understood) -> RowProblem:
    return RowProblem(
        "file.vehicle",
        found.read.row,
        "kind",
        found.read.values.get("kind", "")[:200],
        _("机动车发票不能批量导入。"),
        _("请在发票填开页面逐张开具，并填写车辆信息。"),
    )


def _needs_disk(found: Understood) -> RowProblem:
    return RowProblem(
        "file.needs_disk",
        found.read.row,
        "kind",
        found.read.values.get("kind", "")[:200],
        _("这种发票要用税控设备开具，而导入时没有选择设备。"),
        _("请选择税控设备重新导入，或把票种改为数电票。"),
    )


@transaction.atomic
def keep_check(job: ImportJob, source: Source, batch: Sequence[Checked]) -> ImportJob:
    """Write what a batch showed and how far the check is. Raises: LeaseGoneError."""
    locked = leases.hold(job)
    failpoints.reach("import.check", f"{locked.pk}:{locked.position}")
    _keep_problems(locked, source.read.columns, batch)
    bad = [found.ordinal for found in batch if found.is_bad]
    warned = sum(1 for found in batch if found.problems) - len(bad)
    locked.bad_count += len(bad)
    locked.bad_ordinals = [*locked.bad_ordinals, *bad]
    kinds = Counter(found.kind for found in batch if not found.is_bad)
    locked.kind_counts = dict(Counter(locked.kind_counts) + kinds)
    locked.warned_count += warned
    locked.good_count += len(batch) - len(bad) - warned
    locked.total_count += len(batch)
    locked.position += len(batch)
    locked.format = source.read.format
    locked.save()
    return locked


@transaction.atomic
def finish_check(job: ImportJob) -> ImportJob:
    """Hand the check over to a person. Raises: LeaseGoneError."""
    locked = leases.hold(job)
    locked.state = ImportState.CHECKED
    locked.position = 0
    locked.lease_token = locked.leased_until = None
    locked.save()
    account_services.record_audit_event(
        actor=None,
        action="invoicing.import_checked",
        obj=locked,
        taxpayer_id=locked.taxpayer_id,
        data={"good": locked.good_count, "warned": locked.warned_count, "bad": locked.bad_count},
    )
    return locked


def leave_out(locked: ImportJob, found: Sequence[Checked]) -> None:
    """Count invoices of a locked import as wrong that its check had let pass, and tell why; the caller saves."""
    ordinals = [each.ordinal for each in found]
    warned = locked.problems.filter(ordinal__in=ordinals).values("ordinal").distinct().count()
    _keep_problems(locked, {}, found)
    locked.bad_ordinals = [*locked.bad_ordinals, *ordinals]
    locked.bad_count += len(found)
    locked.warned_count -= warned
    locked.good_count -= len(found) - warned
    locked.kind_counts = dict(Counter(locked.kind_counts) - Counter(each.kind for each in found))


def _keep_problems(locked: ImportJob, columns: Mapping[str, str], batch: Sequence[Checked]) -> None:
    rows = [(found.ordinal, each) for found in batch for each in found.problems]
    room = max(0, MAX_KEPT - locked.problem_count)
    kept = [_row(locked, column_label(columns, each.field), ordinal, each) for ordinal, each in rows[:room]]
    ImportProblem.objects.bulk_create(kept)
    locked.problem_count += len(rows)


def _row(job: ImportJob, column: str, ordinal: int, problem: RowProblem) -> ImportProblem:
    return ImportProblem(
        job=job,
        ordinal=ordinal,
        row=problem.row,
        column=column,
        value=problem.value,
        code=problem.code,
        message=str(problem.message)[:300],
        mend=str(problem.mend)[:300],
        is_blocking=problem.is_blocking,
    )
