"""Sweeping: ring again for every case whose next step is due."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clearcard import tasks
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services.barred import sweep_barred
from clearcard.services.hand_in import carry_out_hand_ins
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

    Claim first, so that two sweepers ring once, and ring after the claim committed. The services themselves
    decide by lock and lease; a ring too many does nothing. At the end the cases of disks that were put out of
    use go to an officer, and what waited for the treasury is handed in, should a signal have been lost.
    """
    rung = _claim_due()
    for pk, status in rung:
        ring(_TASKS[CaseStatus(status)], pk)
    sweep_barred()
    carry_out_hand_ins()
    return [pk for pk, _status in rung]


@transaction.atomic
def _claim_due() -> list[tuple[int, str]]:
    """Put the next step of the due cases off for a little, and return them.

    A case that somebody holds is being worked at. Waiting for it would keep every other case waiting as well: a
    process that stands still inside its transaction may hold it for long.
    """
    now = timezone.now()
    due = ClearCardCase.objects.due_for_work(now).select_for_update(skip_locked=True)
    found = list(due.values_list("pk", "status")[:SWEEP_LIMIT])
    # How long a rung case is left alone before it is rung again.
    quiet = timedelta(seconds=settings.HALL_LEASE_SECONDS / 3)
    ClearCardCase.objects.filter(pk__in=[pk for pk, _status in found]).update(next_attempt_at=now + quiet)
    return found


def ring_waiting_cases(*, taxpayer_id: int) -> None:
    """Ring for a company's cases after news from below (a return accepted, a payment received)."""
    cases = ClearCardCase.objects.filter(taxpayer_id=taxpayer_id, status__in=list(_TASKS))
    for pk, status in cases.values_list("pk", "status"):
        ring(_TASKS[CaseStatus(status)], pk)
