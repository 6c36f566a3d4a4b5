"""Chainable filters over cases."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from clearcard.choices import FINAL_STATUSES, CaseStatus, Lane

if TYPE_CHECKING:
    from accounts.models import Taxpayer
    from devices.models import Device
    from taxhall.common.periods import TaxPeriod


class CaseQuerySet(models.QuerySet[Any]):
    """Filters named by what remains."""

    def for_taxpayer(self, taxpayer: Taxpayer) -> CaseQuerySet:
        """Cases of one company."""
        return self.filter(taxpayer=taxpayer)

    def for_period(self, device: Device, period: TaxPeriod) -> CaseQuerySet:
        """Cases of one disk and period."""
        return self.filter(device=device, period_start=period.start, period_end=period.end)

    def unfinished(self) -> CaseQuerySet:
        """Cases that still can move."""
        return self.exclude(status__in=FINAL_STATUSES)

    def in_officer_lane(self) -> CaseQuerySet:
        """Cases that wait for a person's decision."""
        return self.filter(status=CaseStatus.REVIEWING, lane=Lane.OFFICER)

    def due_for_work(self, now: datetime) -> CaseQuerySet:
        """Cases whose next automatic step is due: reviews, clears, doubts and lost leases."""
        automatic = Q(status=CaseStatus.SUBMITTED) | Q(status=CaseStatus.REVIEWING, lane="")
        on_disk = Q(
            status__in=(
                CaseStatus.APPROVED,
                CaseStatus.COMMANDED,
                CaseStatus.SENDING,
                CaseStatus.IN_DOUBT,
                CaseStatus.MANUAL,
            )
        )
        return self.filter(automatic | on_disk).filter(Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now))
