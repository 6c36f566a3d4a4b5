"""Chainable filters of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    # The row types are named as text in the class bases below.
    from accounts.models import Bureau, EmergencyAccess, Membership, Notice, OfficerPost, Taxpayer, User  # noqa: F401


class TaxpayerQuerySet(models.QuerySet["Taxpayer"]):
    """Filters of taxpayers."""

    def visible_to(self, user: User) -> TaxpayerQuerySet:
        """Keep what the user may see: own companies, or those of the officer's bureau."""
        if not user.is_active:
            return self.none()
        if user.is_staff:
            return self._covered_by(user)
        served = user.memberships.filter(is_active=True)
        return self.filter(pk__in=served.values("taxpayer_id"))

    def _covered_by(self, officer: User) -> TaxpayerQuerySet:
        codes = officer.posts.filter(is_active=True).values_list("bureau__code", flat=True).distinct()
        covered = Q(pk__in=[])
        for code in codes:
            covered |= _reach(code)
        # A stated emergency opens one company for a while, and nothing else of its district.
        opened = officer.emergencies.in_force(timezone.now())
        return self.filter(covered | Q(pk__in=opened.values("taxpayer_id")))

    def of_bureau(self, bureau: Bureau) -> TaxpayerQuerySet:
        """Keep the companies that a bureau answers for."""
        return self.filter(_reach(bureau.code))


def _reach(code: str) -> Q:
    """A city bureau (…000000 after its five leading digits) answers for all its districts."""
    return Q(bureau__code__startswith=code[:5]) if code[5:] == "000000" else Q(bureau__code=code)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Filters of memberships."""

    def active(self) -> MembershipQuerySet:
        """Keep the roles in force of accounts that are not disabled."""
        return self.filter(is_active=True, user__is_active=True)


class OfficerPostQuerySet(models.QuerySet["OfficerPost"]):
    """Filters of posts."""

    def active(self) -> OfficerPostQuerySet:
        """Keep the posts in force of accounts that are not disabled."""
        return self.filter(is_active=True, user__is_active=True)


class EmergencyAccessQuerySet(models.QuerySet["EmergencyAccess"]):
    """Filters of emergencies."""

    def in_force(self, now: datetime) -> EmergencyAccessQuerySet:
        """Keep those under which their officers may act at a moment."""
        return self.filter(ended_at__isnull=True, lasts_until__gt=now)


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Filters of notices."""

    def unread(self) -> NoticeQuerySet:
        """Keep what nobody of the company has opened yet."""
        return self.filter(read_at__isnull=True)
