"""The import itself: correct invoices become drafts, a batch in one transaction with how far it is.

Written by COPY. That is safe for drafts because what holds an invoice is in the database: constraints, foreign
keys and triggers all run; the check was passed by the same rules that issuing asks again; `draft_rows` are
the rows that saving by hand writes (a test compares them); and the audit row of the import together with
ImportedInvoice says who made which draft from which invoice of which file.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction

from accounts import services as account_services
from invoicing.choices_files import ImportState
from invoicing.models import ImportedInvoice, ImportJob, Invoice, InvoiceLine
from invoicing.rules.understanding import RowProblem, Understood
from invoicing.services import copying, leases
from invoicing.services.drafts import Row, disk_of, draft_pattern, draft_rows
from invoicing.services.imports import checking
from invoicing.services.imports.catalogue import Catalogue
from taxhall.common import clock, failpoints
from taxhall.common.errors import InvalidInputError


@transaction.atomic
def keep_drafts(job: ImportJob, batch: Sequence[tuple[int, Understood]], catalogue: Catalogue) -> ImportJob:
    """Write the drafts of a batch and how far the import is, both or neither. Raises: LeaseGoneError."""
    locked = leases.hold(job)
    made, left = _rows_of(locked, batch)
    invoices: list[Row] = []
    lines: list[Row] = []
    links: list[Row] = []
    for (ordinal, each, invoice, rows), pk in zip(made, copying.new_ids(Invoice, len(made)), strict=True):
        disk = disk_of(each.draft.kind, job.device)
        catalogue.name_lines(rows, kind=each.draft.kind)
        invoices.append(invoice | {"id": pk, "request_id": uuid.uuid4(), "device_id": disk.pk if disk else None})
        lines += [row | {"invoice_id": pk} for row in rows]
        links.append({"ordinal": ordinal, "invoice_id": pk, "ref": each.read.values.get("ref", "")[:40]})
    copying.copy_rows(draft_pattern(actor=job.imported_by or job.uploaded_by, taxpayer=job.taxpayer), invoices)
    copying.copy_rows(InvoiceLine(), lines)
    copying.copy_rows(ImportedInvoice(job=job), links)
    failpoints.reach("import.batch", f"{locked.pk}:{locked.position}")
    locked.imported_count += len(invoices)
    locked.position += len(batch)
    if left:
        checking.leave_out(locked, left)
        locked.save()
    else:
        locked.save(update_fields=["imported_count", "position", "leased_until", "attempts", "updated_at"])
    return locked


def _rows_of(
    job: ImportJob, batch: Sequence[tuple[int, Understood]]
) -> tuple[list[tuple[int, Understood, Row, list[Row]]], list[checking.Checked]]:
    """Return what is written of a batch, and what no column can hold though the check of its day let it pass."""
    bad = frozenset(job.bad_ordinals)
    made: list[tuple[int, Understood, Row, list[Row]]] = []
    left: list[checking.Checked] = []
    for ordinal, each in batch:
        if ordinal in bad:
            continue
        try:
            made.append((ordinal, each, *draft_rows(each.draft)))
        except InvalidInputError as error:
            left.append(checking.Checked(ordinal, each.draft.kind, _told(each, error)))
    return made, left


def _told(found: Understood, error: InvalidInputError) -> list[RowProblem]:
    words = [str(each) for told in error.fields.values() for each in told] or [str(error.message)]
    return [RowProblem(error.code, found.read.row, "lines", "", each, error.next_step) for each in words]


@transaction.atomic
def finish_import(job: ImportJob) -> ImportJob:
    """Say that every correct invoice of the file is a draft now. Raises: LeaseGoneError."""
    locked = leases.hold(job)
    locked.state = ImportState.IMPORTED
    locked.finished_at = clock.now()
    locked.lease_token = locked.leased_until = None
    locked.save()
    account_services.record_audit_event(
        actor=locked.imported_by,
        action="invoicing.import_finished",
        obj=locked,
        taxpayer_id=locked.taxpayer_id,
        data={"imported": locked.imported_count, "sha256": locked.sha256},
    )
    return locked
