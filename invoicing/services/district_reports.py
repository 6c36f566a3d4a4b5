"""Reports of a district for officers: handed out on the spot, made every month, or written by an operator.

Who took what is written down (A26).
"""

from __future__ import annotations

from typing import BinaryIO

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.models import Bureau, OfficerPost, Taxpayer, User
from invoicing import policies
from invoicing.errors import ReportTooLongError
from invoicing.models import ReportFile, ReportSubscription
from invoicing.reports import DISTRICT_BY_NAME, WAITED_ROWS, AskedOfDistrict, DistrictReport
from invoicing.services.reports import PDF_ROWS, audit_subscription, last_month, require_format
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require
from taxhall.common.sheets import FileFormat, write_book
from taxhall.common.tables import Book

_NO_POST = _("只有在岗的税务人员可以导出辖区报表。")
_NOT_THERE = _("您在这个税务机关没有岗位，不能使用它的报表。")


def district_report_named(name: str) -> DistrictReport:
    """Return a report. Raises: InvalidInputError for a name that none has."""
    if name not in DISTRICT_BY_NAME:
        raise InvalidInputError(_("没有这种报表。"), code="report.unknown", next_step=_("请从报表列表中选择。"))
    return DISTRICT_BY_NAME[name]


def district_book(
    report: DistrictReport,
    period: TaxPeriod,
    file_format: str,
    *,
    bureau: Bureau | None,
    maker: str,
    most: int | None,
    taxpayers: QuerySet[Taxpayer] | None = None,
) -> Book:
    """Return a report over a bureau's companies, or those given. Raises: ReportTooLongError over so many rows."""
    if taxpayers is None:
        taxpayers = account_selectors.list_bureau_taxpayers(bureau=bureau) if bureau else Taxpayer.objects.none()
    book = report.book(AskedOfDistrict(taxpayers, period, maker, str(bureau or "")))
    limit = PDF_ROWS if file_format == FileFormat.PDF else most
    rows = count_rows(book)
    if limit is not None and rows > limit:
        raise ReportTooLongError(rows=rows, limit=limit, is_document=file_format == FileFormat.PDF)
    return book


def count_rows(book: Book) -> int:
    """Return how many rows a held book has."""
    return sum(len(list(table.rows)) for table in book.tables)


@transaction.atomic
def export_district_report(*, actor: User, name: str, period: TaxPeriod, file_format: str, target: BinaryIO) -> int:
    """Write a report of whatever the officer may see into a file; return how many rows it has.

    Rule: a mass export is written down with its size. Raises: NotPermittedError; InvalidInputError;
    ReportTooLongError.
    """
    require(actor.is_staff and OfficerPost.objects.active().filter(user=actor.pk).exists(), _NO_POST)
    report, visible = district_report_named(name), account_selectors.list_taxpayers(visible_to=actor)
    book = district_book(
        report, period, file_format, bureau=None, maker=str(actor), most=WAITED_ROWS, taxpayers=visible
    )
    write_book(book, target, file_format)
    rows = count_rows(book)
    _record(actor, None, {"report": name, "period": period.code, "format": file_format, "rows": rows})
    return rows


@transaction.atomic
def write_bureau_report(*, bureau: Bureau, name: str, period: TaxPeriod, file_format: str, target: BinaryIO) -> int:
    """Write a report of a bureau's companies at the console, however long it is; return how many rows it has.

    Raises: InvalidInputError; ReportTooLongError for a document.
    """
    report = district_report_named(name)
    book = district_book(report, period, file_format, bureau=bureau, maker=str(_("系统")), most=None)
    write_book(book, target, file_format)
    rows = count_rows(book)
    _record(None, bureau, {"report": name, "period": period.code, "format": file_format, "rows": rows})
    return rows


@transaction.atomic
def subscribe_district_report(*, actor: User, bureau: Bureau, name: str, file_format: str) -> ReportSubscription:
    """Have a report of a bureau's companies made every month for the officer; asking again changes nothing.

    Raises: NotPermittedError; InvalidInputError.
    """
    require(policies.can_view_district_report(actor, bureau), _NOT_THERE)
    district_report_named(name)
    require_format(file_format)
    subscription, is_new = ReportSubscription.objects.get_or_create(
        created_by=actor,
        bureau=bureau,
        report=name,
        file_format=file_format,
        defaults={"done_month": last_month().previous().start},
    )
    if is_new:
        audit_subscription(actor, "invoicing.district_report_subscribed", subscription)
    return subscription


@transaction.atomic
def take_report_file(*, actor: User, file: ReportFile) -> bytes:
    """Return what is in a file made for the officer, and write down that it was taken. Raises: NotPermittedError."""
    is_own = file.bureau is not None and file.officer_id == actor.pk
    require(is_own and file.bureau is not None and policies.can_view_district_report(actor, file.bureau), _NOT_THERE)
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.district_report_taken",
        obj=file,
        data={"report": file.report, "period": file.period, "format": file.file_format, "digest": file.digest},
    )
    return bytes(file.content)


def _record(actor: User | None, bureau: Bureau | None, data: dict[str, object]) -> None:
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.district_report_exported",
        obj=None,
        data={**data, "bureau": bureau.code} if bureau else data,
    )
