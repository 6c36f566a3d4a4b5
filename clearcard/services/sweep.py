"""Sweeping: ring again for every case whose next step is due."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from clearcard import tasks
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services.barred import sweep_barred
from taxhall.common.doorbell import ring

SWEEP_LIMIT = 200
_TASKS = {
    CaseStatus.SUBMITTED: tasks.review_case,
    CaseStatus.REVIEWING: tasks.review_case,
    CaseStatus.APPROVED: tasks.execute_clear,
    CaseStatus.COMMANDED: tasks.execute_clear,
    CaseStatus.SENDING: tasks.reconcile_case,
    CaseStatus.IN_DOUBT: tasks.reconcile_case,
    CaseStatus.MANUAL: tasks.reconcile_case,
}


def sweep_cases() -> list[int]:
    """Ring for the due cases and return their ids.

    First the cases of disks that were put out of use go to an officer, should their signal have been lost. Then
    1. list the cases whose next step is due; 2. claim each by an update filtered on what was read, so
    that two sweepers ring once; 3. ring after the claim committed. The services themselves decide by
    lock and lease; a ring too many does nothing.
    """
    sweep_barred()
    now = timezone.now()
    # How long a rung case is left alone before it is rung again.
    quiet = timedelta(seconds=settings.HALL_LEASE_SECONDS / 3)
    rung = []
    due_cases = ClearCardCase.objects.due_for_work(now).values_list("pk", "status", "next_attempt_at")
    for pk, status, due in due_cases[:SWEEP_LIMIT]:
        claimed = ClearCardCase.objects.filter(pk=pk, status=status, next_attempt_at=due).update(
            next_attempt_at=now + quiet
        )
        if claimed == 1:
            ring(_TASKS[CaseStatus(status)], pk)
            rung.append(pk)
    return rung


def ring_waiting_cases(*, taxpayer_id: int) -> None:
    """Ring for a company's cases after news from below (a return accepted, a payment received)."""
    cases = ClearCardCase.objects.filter(taxpayer_id=taxpayer_id, status__in=list(_TASKS))
    for pk, status in cases.values_list("pk", "status"):
        ring(_TASKS[CaseStatus(status)], pk)
