"""Reports made at the beginning of each month for those who asked once: companies, and officers over a district."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import Taxpayer
from invoicing import policies
from invoicing.errors import ReportTooLongError
from invoicing.models import ReportFile, ReportSubscription
from invoicing.reports import WAITED_ROWS, Asked
from invoicing.services.district_reports import district_book, district_report_named
from invoicing.services.reports import last_month, report_named, require_length
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.common.sheets import book_bytes
from taxhall.common.tables import Book

logger = logging.getLogger(__name__)

KEPT = timedelta(days=400)


def make_monthly_reports() -> int:
    """Make the files of the last month that are still missing, each in a transaction of its own; return how many.

    Rung every hour and safe to repeat: what a stop left undone is made the next time, nothing is made twice.
    """
    month = last_month()
    due: Iterable[int] = ReportSubscription.objects.filter(done_month__lt=month.start).values_list("pk", flat=True)
    made = sum(_try(pk, month) for pk in list(due))
    ReportFile.objects.filter(at__lt=clock.now() - KEPT).delete()
    return made


def _try(pk: int, month: TaxPeriod) -> bool:
    """Make one file; what fails is left for the next hour and keeps nobody else waiting."""
    try:
        return _make(pk, month)
    except (DatabaseError, OSError, ValueError, ArithmeticError, LookupError):
        logger.exception("report of subscription %s not made", pk)
        return False


@transaction.atomic
def _make(pk: int, month: TaxPeriod) -> bool:
    found = ReportSubscription.objects.select_for_update(skip_locked=True, of=("self",))
    found = found.select_related("taxpayer", "bureau", "created_by")
    subscription = found.filter(pk=pk, done_month__lt=month.start).first()
    if subscription is None or not _is_wanted(subscription):
        return False
    try:
        _make_file(subscription, month)
    except ReportTooLongError as error:
        _tell(subscription, month, _("没有生成"), f"{error.message}{error.next_step}")
    subscription.done_month = month.start
    subscription.save(update_fields=["done_month"])
    return True


def _is_wanted(subscription: ReportSubscription) -> bool:
    """Say whether who asked may still have it; an officer's rests while the post is lost, and files wait for none."""
    if subscription.bureau is None:
        return True
    return policies.can_view_district_report(subscription.created_by, subscription.bureau)


def _make_file(subscription: ReportSubscription, month: TaxPeriod) -> None:
    content = book_bytes(_book(subscription, month), subscription.file_format)
    ReportFile.objects.get_or_create(
        taxpayer=subscription.taxpayer,
        bureau=subscription.bureau,
        officer=subscription.created_by if subscription.bureau else None,
        report=subscription.report,
        file_format=subscription.file_format,
        period=month.code,
        defaults={"size": len(content), "digest": hashlib.sha256(content).hexdigest(), "content": content},
    )
    _tell(subscription, month, _("已生成"), _("可在报表页面下载，保留 400 天。"))


def _book(subscription: ReportSubscription, month: TaxPeriod) -> Book:
    """Return what the file holds. Raises: ReportTooLongError."""
    maker = str(subscription.created_by)
    if subscription.taxpayer is None:
        found = district_report_named(subscription.report)
        return district_book(
            found, month, subscription.file_format, bureau=subscription.bureau, maker=maker, most=WAITED_ROWS
        )
    report, asked = report_named(subscription.report), Asked(subscription.taxpayer, month, maker)
    require_length(report, asked, subscription.file_format, most=WAITED_ROWS)
    return report.book(asked)


def _tell(subscription: ReportSubscription, month: TaxPeriod, outcome: object, body: object) -> None:
    kind, key = "report", f"report:{subscription.pk}:{month.code}"
    if subscription.taxpayer is not None:
        title = _title(report_named(subscription.report).title, subscription, month, outcome)
        _tell_company(subscription.taxpayer, kind, title, str(body), key)
        return
    title = _title(district_report_named(subscription.report).title, subscription, month, outcome)
    account_services.send_staff_notice(
        officers=[subscription.created_by],
        kind=kind,
        title=title,
        body=f"{subscription.bureau}：{body}",
        link=reverse("admin:district-reports"),
        dedupe_key=key,
    )


def _tell_company(taxpayer: Taxpayer, kind: str, title: str, body: str, key: str) -> None:
    account_services.send_notice(
        taxpayer=taxpayer, kind=kind, title=title, body=body, link=reverse("invoicing:report-list"), dedupe_key=key
    )


def _title(report: object, subscription: ReportSubscription, month: TaxPeriod, outcome: object) -> str:
    return f"{report} {month.label}（{subscription.get_file_format_display()}）{outcome}"
