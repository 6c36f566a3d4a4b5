"""Reports as files: made on the spot, or every month for those who asked once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import date, timedelta
from typing import BinaryIO

from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies
from invoicing.errors import ReportTooLongError
from invoicing.models import ReportFile, ReportSubscription
from invoicing.reports import BY_NAME, WAITED_ROWS, Asked, Report
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require
from taxhall.common.sheets import FileFormat, book_bytes, write_book

logger = logging.getLogger(__name__)

# A document is laid out as a whole; longer lists are for a sheet.
PDF_ROWS = 2_000
KEPT = timedelta(days=400)


def report_named(name: str) -> Report:
    """Return a report. Raises: InvalidInputError for a name that none has."""
    if name not in BY_NAME:
        raise InvalidInputError(_("没有这种报表。"), code="report.unknown", next_step=_("请从报表列表中选择。"))
    return BY_NAME[name]


@transaction.atomic
def export_report(
    *, actor: User | None, taxpayer: Taxpayer, name: str, period: TaxPeriod, file_format: str, target: BinaryIO
) -> None:
    """Write a report into a file; without an actor an operator does it at the console, however long it is.

    Raises: NotPermittedError; InvalidInputError; ReportTooLongError for a list nobody wants to wait for.
    """
    if actor is not None:
        require(policies.can_view_report(actor, taxpayer), _("您不能查看这家企业的报表。"))
    report = report_named(name)
    asked = Asked(taxpayer, period, str(actor) if actor else str(_("系统")))
    _require_length(report, asked, file_format, most=None if actor is None else WAITED_ROWS)
    write_book(report.book(asked), target, file_format)
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.report_exported",
        obj=None,
        taxpayer=taxpayer,
        data={"report": name, "period": period.code, "format": file_format},
    )


def _require_length(report: Report, asked: Asked, file_format: str, *, most: int | None) -> None:
    limit = PDF_ROWS if file_format == FileFormat.PDF else most
    if report.count is None or limit is None:
        return
    rows = report.count(asked)
    if rows > limit:
        raise ReportTooLongError(rows=rows, limit=limit, is_document=file_format == FileFormat.PDF)


@transaction.atomic
def subscribe_report(*, actor: User, taxpayer: Taxpayer, name: str, file_format: str) -> ReportSubscription:
    """Have a report made every month from the present month on; asking again changes nothing.

    Raises: NotPermittedError; InvalidInputError.
    """
    require(policies.can_subscribe_report(actor, taxpayer), _("您的身份不能为这家企业订阅报表。"))
    report_named(name)
    if file_format not in FileFormat.values:
        raise InvalidInputError(
            _("没有这种文件格式。"), code="report.format", next_step=_("请选择 Excel、CSV 或 PDF。")
        )
    subscription, is_new = ReportSubscription.objects.get_or_create(
        taxpayer=taxpayer,
        report=name,
        file_format=file_format,
        defaults={"created_by": actor, "done_month": _last_month().previous().start},
    )
    if is_new:
        _audit(actor, "invoicing.report_subscribed", subscription)
    return subscription


@transaction.atomic
def end_report_subscription(*, actor: User, subscription: ReportSubscription) -> None:
    """Stop making a report every month; its files stay. Raises: NotPermittedError."""
    require(policies.can_subscribe_report(actor, subscription.taxpayer), _("您的身份不能为这家企业退订报表。"))
    _audit(actor, "invoicing.report_unsubscribed", subscription)
    subscription.delete()


def _audit(actor: User, action: str, subscription: ReportSubscription) -> None:
    data = {"report": subscription.report, "format": subscription.file_format}
    account_services.record_audit_event(
        actor=actor, action=action, obj=subscription, taxpayer_id=subscription.taxpayer_id, data=data
    )


def make_monthly_reports() -> int:
    """Make the files of the last month that are still missing, each in a transaction of its own; return how many.

    Rung every hour and safe to repeat: what a stop left undone is made the next time, nothing is made twice.
    """
    month = _last_month()
    due: Iterable[int] = ReportSubscription.objects.filter(done_month__lt=month.start).values_list("pk", flat=True)
    made = sum(_try(pk, month) for pk in list(due))
    ReportFile.objects.filter(at__lt=clock.now() - KEPT).delete()
    return made


def _try(pk: int, month: TaxPeriod) -> bool:
    """Make one file; what fails is left for the next hour and keeps no other company waiting."""
    try:
        return _make(pk, month)
    except (DatabaseError, OSError, ValueError, ArithmeticError, LookupError):
        logger.exception("report of subscription %s not made", pk)
        return False


@transaction.atomic
def _make(pk: int, month: TaxPeriod) -> bool:
    found = ReportSubscription.objects.select_for_update(skip_locked=True, of=("self",)).select_related("taxpayer")
    subscription = found.filter(pk=pk, done_month__lt=month.start).first()
    if subscription is None:
        return False
    try:
        _make_file(subscription, month)
    except ReportTooLongError as error:
        _tell(subscription, month, _("没有生成"), f"{error.message}{error.next_step}")
    subscription.done_month = month.start
    subscription.save(update_fields=["done_month"])
    return True


def _make_file(subscription: ReportSubscription, month: TaxPeriod) -> None:
    report = report_named(subscription.report)
    asked = Asked(subscription.taxpayer, month, str(subscription.created_by))
    _require_length(report, asked, subscription.file_format, most=WAITED_ROWS)
    content = book_bytes(report.book(asked), subscription.file_format)
    ReportFile.objects.get_or_create(
        taxpayer=subscription.taxpayer,
        report=subscription.report,
        file_format=subscription.file_format,
        period=month.code,
        defaults={"size": len(content), "digest": hashlib.sha256(content).hexdigest(), "content": content},
    )
    _tell(subscription, month, _("已生成"), _("可在报表页面下载，保留 400 天。"))


def _tell(subscription: ReportSubscription, month: TaxPeriod, outcome: object, body: object) -> None:
    title = (
        f"{report_named(subscription.report).title} {month.label}（{subscription.get_file_format_display()}）{outcome}"
    )
    account_services.send_notice(
        taxpayer=subscription.taxpayer,
        kind="report",
        title=title,
        body=str(body),
        link=reverse("invoicing:report-list"),
        dedupe_key=f"report:{subscription.pk}:{month.code}",
    )


def _last_month() -> TaxPeriod:
    today: date = clock.today()
    return TaxPeriod.of_month(today).previous()
