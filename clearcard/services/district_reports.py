"""Handing a district's report out as a file: who took what is written down (A26)."""

from __future__ import annotations

from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import OfficerPost, User
from clearcard.reports.district import DistrictReport
from invoicing.errors import ReportTooLongError
from invoicing.reports import WAITED_ROWS
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require
from taxhall.common.sheets import FileFormat, write_book

# A document is laid out as a whole; longer lists are for a sheet.
PDF_ROWS = 2_000


@transaction.atomic
def export_district_report(
    *, actor: User, report: DistrictReport, period: TaxPeriod, file_format: str, target: BinaryIO
) -> int:
    """Write a report of the officer's district into a file; return how many rows it has.

    Rule: a mass export is written down with its size. Raises: NotPermittedError; ReportTooLongError.
    """
    holds_post = actor.is_staff and OfficerPost.objects.active().filter(user=actor.pk).exists()
    require(holds_post, _("只有在岗的税务人员可以导出辖区报表。"))
    book = report.book(officer=actor, period=period)
    rows = sum(len(list(table.rows)) for table in book.tables)
    limit = PDF_ROWS if file_format == FileFormat.PDF else WAITED_ROWS
    if rows > limit:
        raise ReportTooLongError(rows=rows, limit=limit, is_document=file_format == FileFormat.PDF)
    write_book(book, target, file_format)
    account_services.record_audit_event(
        actor=actor,
        action="clearcard.district_report_exported",
        obj=None,
        data={"report": report.name, "period": period.code, "format": file_format, "rows": rows},
    )
    return rows
