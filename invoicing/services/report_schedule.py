"""Reports made at the beginning of each month for those who asked once: companies, and officers over a district."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

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
from taxhall.common.errors import TaxhallError
from taxhall.common.periods import TaxPeriod
from taxhall.common.sheets import book_bytes
from taxhall.common.tables import Book

logger = logging.getLogger(__name__)

KEPT = timedelta(days=400)
# A hall that stood still makes the months between up to so many: the files of older ones would soon go again.
MOST_MONTHS = 12


def make_monthly_reports() -> int:
    """Make the files of past months that are still missing, each in a transaction of its own; return how many.

    Rung every hour and safe to repeat: what a stop left undone is made the next time, nothing is made twice.
    """
    last = last_month()
    due: Iterable[tuple[int, date]] = ReportSubscription.objects.filter(done_month__lt=last.start).values_list(
        "pk", "done_month"
    )
    made = sum(_make_missing(pk, _missing(done, last)) for pk, done in list(due))
    ReportFile.objects.filter(at__lt=clock.now() - KEPT).delete()
    return made


def _missing(done: date, last: TaxPeriod) -> list[TaxPeriod]:
    """Return the months after the one done last, oldest first; of a very long stop the newest alone."""
    months = [last]
    while len(months) < MOST_MONTHS and months[0].previous().start > done:
        months.insert(0, months[0].previous())
    return months


def _make_missing(pk: int, months: list[TaxPeriod]) -> int:
    """Make the files of one subscription; a month that fails keeps no later one waiting, and is not called done."""
    made, is_whole = 0, True
    for month in months:
        found = _try(pk, month, is_next=is_whole)
        is_whole = is_whole and found is not None
        made += found or 0
    return made


def _try(pk: int, month: TaxPeriod, *, is_next: bool) -> int | None:
    """Make one file; what fails is left for the next hour and keeps nobody else waiting."""
    try:
        return _make(pk, month, is_next=is_next)
    except (TaxhallError, DatabaseError, OSError, ValueError, ArithmeticError, LookupError):
        logger.exception("report of subscription %s for %s not made", pk, month.code)
        return None


@transaction.atomic
def _make(pk: int, month: TaxPeriod, *, is_next: bool) -> int | None:
    """Return how many files were made; None when the month is still open. `is_next`: none before it is open."""
    found = ReportSubscription.objects.select_for_update(skip_locked=True, of=("self",))
    found = found.select_related("taxpayer", "bureau", "created_by")
    subscription = found.filter(pk=pk, done_month__lt=month.start).first()
    if subscription is None or not _is_wanted(subscription):
        return None
    is_there = ReportFile.objects.filter(**_named(subscription, month)).exists()
    if not is_there:
        try:
            _make_file(subscription, month)
        except ReportTooLongError as error:
            _tell(subscription, month, _("没有生成"), f"{error.message}{error.next_step}")
    if is_next:
        subscription.done_month = month.start
        subscription.save(update_fields=["done_month"])
    return int(not is_there)


def _is_wanted(subscription: ReportSubscription) -> bool:
    """Say whether who asked may still have it; an officer's rests while the post is lost, and files wait for none."""
    if subscription.bureau is None:
        return True
    return policies.can_view_district_report(subscription.created_by, subscription.bureau)


def _named(subscription: ReportSubscription, month: TaxPeriod) -> dict[str, Any]:
    """Return what tells the file of a subscription and month from all others."""
    return {
        "taxpayer": subscription.taxpayer,
        "bureau": subscription.bureau,
        "officer": subscription.created_by if subscription.bureau else None,
        "report": subscription.report,
        "file_format": subscription.file_format,
        "period": month.code,
    }


def _make_file(subscription: ReportSubscription, month: TaxPeriod) -> None:
    content = book_bytes(_book(subscription, month), subscription.file_format)
    ReportFile.objects.create(
        **_named(subscription, month),
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
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
