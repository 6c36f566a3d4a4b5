"""Reports as files: made on the spot, or every month for those who asked once."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies
from invoicing.errors import ReportTooLongError
from invoicing.models import ReportSubscription
from invoicing.reports import BY_NAME, WAITED_ROWS, Asked, Report
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require
from taxhall.common.sheets import FileFormat, write_book

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
    require_length(report, asked, file_format, most=None if actor is None else WAITED_ROWS)
    write_book(report.book(asked), target, file_format)
    account_services.record_audit_event(
        actor=actor,
        action="invoicing.report_exported",
        obj=None,
        taxpayer=taxpayer,
        data={"report": name, "period": period.code, "format": file_format},
    )


def require_length(report: Report, asked: Asked, file_format: str, *, most: int | None) -> None:
    """Raise ReportTooLongError for a list that is longer than its file or the wait for it may be."""
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
    require_format(file_format)
    subscription, is_new = ReportSubscription.objects.get_or_create(
        taxpayer=taxpayer,
        report=name,
        file_format=file_format,
        defaults={"created_by": actor, "done_month": last_month().previous().start},
    )
    if is_new:
        audit_subscription(actor, "invoicing.report_subscribed", subscription)
    return subscription


@transaction.atomic
def end_report_subscription(*, actor: User, subscription: ReportSubscription) -> None:
    """Stop making a report every month; its files stay. Raises: NotPermittedError."""
    require(policies.can_end_subscription(actor, subscription), _("您的身份不能退订这项报表。"))
    audit_subscription(actor, "invoicing.report_unsubscribed", subscription)
    subscription.delete()


def require_format(file_format: str) -> None:
    """Raise InvalidInputError for a kind of file that there is none of."""
    if file_format not in FileFormat.values:
        raise InvalidInputError(
            _("没有这种文件格式。"), code="report.format", next_step=_("请选择 Excel、CSV 或 PDF。")
        )


def last_month() -> TaxPeriod:
    """Return the month whose files are made now."""
    return TaxPeriod.of_month(clock.today()).previous()


def audit_subscription(actor: User, action: str, subscription: ReportSubscription) -> None:
    """Write down who has what made every month, or no more."""
    data = {"report": subscription.report, "format": subscription.file_format}
    if subscription.bureau is not None:
        data["bureau"] = subscription.bureau.code
    account_services.record_audit_event(
        actor=actor, action=action, obj=subscription, taxpayer_id=subscription.taxpayer_id, data=data
    )
