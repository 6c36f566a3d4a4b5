"""Reads of declared outages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.choices import Post
from accounts.models import Bureau, User
from filing.models import Outage
from filing.querysets import OutageQuerySet
from filing.selectors.calendar import Deadline, Seasons
from taxhall.common.errors import NotFoundError

# What ended longer ago than this is history and not shown any more.
_SHOWN_FOR = timedelta(days=62)


@dataclass(frozen=True)
class MovedSeason:
    """One season whose last day an outage moves."""

    year: int
    month: int
    was: Deadline
    now: Deadline


def list_outages(*, visible_to: User) -> OutageQuerySet:
    """Return the outages of the officer's own bureaus, newest first."""
    bureaus = account_selectors.headed_bureaus(officer=visible_to, posts=tuple(Post.values))
    return Outage.objects.filter(bureau__in=bureaus).select_related("bureau", "asked_by", "decided_by")


def get_outage(*, visible_to: User, pk: int) -> Outage:
    """Return one outage. Raises: NotFoundError, the same for absent and for another bureau's."""
    outage = list_outages(visible_to=visible_to).filter(pk=pk).first()
    if outage is None:
        raise NotFoundError(_("没有找到这则停机公告。"), next_step=_("请回到办税日历查看。"))
    return outage


def declared_outages(*, bureau: Bureau | None, today: date) -> QuerySet[Outage]:
    """Return what is in force and not long over, for a bureau's companies or for everybody, in order."""
    since = timezone.make_aware(datetime.combine(today - _SHOWN_FOR, time.min))
    return Outage.objects.in_force().that_reach(bureau).filter(ends_at__gt=since).order_by("starts_at")


def moved_seasons(outage: Outage) -> Iterator[MovedSeason]:
    """Yield the seasons whose last day the outage would move, besides the outages in force."""
    others = Outage.objects.in_force().that_reach(outage.bureau).exclude(pk=outage.pk)
    closures = [each.closure for each in others]
    without, with_it = Seasons(closures=closures), Seasons(closures=[*closures, outage.closure])
    month = timezone.localdate(outage.starts_at).replace(day=1) - timedelta(days=1)
    for _number in range(3):
        was, now = without.of_month(month.year, month.month), with_it.of_month(month.year, month.month)
        if was.date != now.date:
            yield MovedSeason(month.year, month.month, was, now)
        month = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
