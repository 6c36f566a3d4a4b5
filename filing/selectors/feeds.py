"""What a person's calendar program is told: deadlines and lock dates of the companies that they serve."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.choices import TaxpayerStatus
from accounts.models import Taxpayer, User
from devices import selectors as device_selectors
from devices.choices import OUT_OF_USE
from filing.models import CalendarFeed
from filing.selectors.calendar import Deadline, deadline_for
from filing.selectors.returns import return_period
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
    seasons: list[tuple[TaxPeriod, Deadline]] = []
    for _number in range(MONTHS_AHEAD + 2):
        seasons.append((month, deadline_for(month)))
        month = month.next()
    companies = account_selectors.list_taxpayers(visible_to=user).exclude(status=TaxpayerStatus.CANCELLED)
    return [
        *(each for company in companies for each in _deadlines(company, seasons)),
        *_locks(user),
    ]


def _deadlines(company: Taxpayer, seasons: list[tuple[TaxPeriod, Deadline]]) -> Iterator[FeedDay]:
    for month, last in seasons:
        period = return_period(company, month)
        if period is None or (company.registered_on and period.end < company.registered_on):
            continue
        title = _("申报增值税 %(period)s：%(company)s") % {"period": period.label, "company": company.name}
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
            text=_("过了这一天没有清卡，设备停止开票；清卡之后日期顺延。"),
        )
