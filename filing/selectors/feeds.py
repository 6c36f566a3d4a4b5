"""What a person's calendar program is told: deadlines and lock dates of the companies that they serve."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.choices import TaxpayerStatus
from accounts.models import Bureau, Taxpayer, User
from devices import selectors as device_selectors
from devices.choices import OUT_OF_USE
from filing.models import CalendarFeed
from filing.selectors.calendar import Deadline, Seasons
from filing.selectors.outages import declared_outages
from filing.selectors.period_kinds import period_kinds, return_period
from taxhall.common.periods import TaxPeriod

MONTHS_AHEAD = 12


@dataclass(frozen=True)
class FeedDay:
    """One day of a calendar; the key stays the same when the day moves."""

    key: str
    day: date
    title: str
    text: str


def feed_digest(secret: str) -> str:
    """Return what is kept of a feed's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_feed(user: User) -> CalendarFeed | None:
    """Return the person's own feed."""
    return CalendarFeed.objects.filter(user=user.pk).first()


def find_feed_owner(secret: str) -> User | None:
    """Return whose address carries the secret; a disabled account's opens nothing."""
    feed = CalendarFeed.objects.filter(digest=feed_digest(secret), user__is_active=True, user__is_staff=False)
    found = feed.select_related("user").first()
    return found.user if found else None


def feed_days(*, user: User, today: date) -> list[FeedDay]:
    """Return last month's and the coming year's deadlines, and when each disk locks, of the person's companies."""
    month = TaxPeriod.of_month(today).previous().previous()
    found = account_selectors.list_taxpayers(visible_to=user).exclude(status=TaxpayerStatus.CANCELLED)
    companies = list(found)
    bureaus = {company.bureau_id: company.bureau for company in companies}
    seasons = {pk: _seasons(month, bureau) for pk, bureau in bureaus.items()}
    return [
        *(each for company in companies for each in _deadlines(company, seasons[company.bureau_id])),
        *_locks(user),
        *_outages(bureaus.values(), today),
    ]


def _seasons(month: TaxPeriod, bureau: Bureau) -> list[tuple[TaxPeriod, Deadline]]:
    found, seasons = list[tuple[TaxPeriod, Deadline]](), Seasons(bureau)
    for _number in range(MONTHS_AHEAD + 2):
        found.append((month, seasons.of_period(month)))
        month = month.next()
    return found


def _outages(bureaus: Iterable[Bureau], today: date) -> Iterator[FeedDay]:
    found = {each.pk: each for bureau in bureaus for each in declared_outages(bureau=bureau, today=today)}
    for outage in found.values():
        start, end = timezone.localtime(outage.starts_at), timezone.localtime(outage.ends_at)
        span = {"start": f"{start:%m-%d %H:%M}", "end": f"{end:%m-%d %H:%M}"}
        yield FeedDay(
            key=f"outage-{outage.pk}",
            day=start.date(),
            title=_("系统停机 %(start)s 至 %(end)s") % span,
            text=_("依据：%(source)s") % {"source": outage.source},
        )


def _deadlines(company: Taxpayer, seasons: list[tuple[TaxPeriod, Deadline]]) -> Iterator[FeedDay]:
    kinds = period_kinds(company)
    for month, last in seasons:
        period = return_period(company, month, kinds=kinds)
        if period is None:
            continue
        title = _("申报增值税（所属期 %(period)s）：%(company)s") % {"period": period.label, "company": company.name}
        source = _("推算：%(source)s") if last.is_estimated else _("依据：%(source)s")
        yield FeedDay(
            key=f"return-{company.pk}-{period.code}",
            day=last.date,
            title=_("%(title)s（推算）") % {"title": title} if last.is_estimated else title,
            text=source % {"source": last.source},
        )


def _locks(user: User) -> Iterator[FeedDay]:
    devices = device_selectors.list_visible_devices(visible_to=user).exclude(status__in=OUT_OF_USE)
    for device in devices.order_by("pk"):
        facts = {"device": device, "company": device.taxpayer.name}
        yield FeedDay(
            key=f"lock-{device.serial}",
            day=device.issue_allowed_until,
            title=_("设备锁死日 %(device)s：%(company)s") % facts,
            text=_("这是设备里写的日期，不随公告改变。过了这一天没有清卡，设备停止开票；清卡之后日期顺延。"),
        )
