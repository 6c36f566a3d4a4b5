"""Waiting for the disk (等待设备): a condition of an approved or commanded case, not a state."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from clearcard import tasks
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.services._cases import lock_case
from devices import services as device_services
from devices.errors import DiskError, LeaseLostError
from devices.services import Lease
from taxhall.common import clock
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import TaxhallError

PIN_REQUIRED = "disk.pin_required"
# What a disk that is ready again is good for.
_NEXT_TASKS = {
    CaseStatus.APPROVED: tasks.execute_clear,
    CaseStatus.COMMANDED: tasks.execute_clear,
    CaseStatus.IN_DOUBT: tasks.reconcile_case,
    CaseStatus.MANUAL: tasks.reconcile_case,
}


@transaction.atomic
def keep_waiting(*, case_id: int, lease: Lease, error: TaxhallError) -> ClearCardCase:
    """Note why nothing was sent and look again later; the command goes back to the queue."""
    case = lock_case(case_id)
    wait = course.wait_after(case.attempts)
    try:
        device_services.requeue_command(lease=lease, error=error, delay=wait)
    except LeaseLostError:
        return case
    if case.waiting_code != error.code:
        case.waiting_since = clock.now()
    case.waiting_code = error.code
    case.waiting_text = _words(error)
    case.attempts += 1
    case.next_attempt_at = timezone.now() + wait
    case.save(
        update_fields=["waiting_code", "waiting_text", "waiting_since", "attempts", "next_attempt_at", "updated_at"]
    )
    return case


def _words(error: TaxhallError) -> str:
    """Say what is missing; what cures itself comes without the advice to try again, as the hall does that."""
    is_retried = isinstance(error, DiskError) and error.advice.is_retryable
    return str(error.message) if is_retried else f"{error.message}{error.next_step}"


@transaction.atomic
def wake_cases(*, device_id: int, is_unlocked: bool) -> list[int]:
    """Go on at once with the waiting cases of a disk that answers again; return their ids.

    A case that waits for the PIN is woken only by the PIN; reading the disk opens nothing.
    """
    waiting = ClearCardCase.objects.select_for_update(of=("self",)).select_related("command")
    waiting = waiting.filter(device_id=device_id, status__in=list(_NEXT_TASKS)).exclude(waiting_code="")
    if not is_unlocked:
        waiting = waiting.exclude(waiting_code=PIN_REQUIRED)
    ids = []
    for case in waiting:
        case.next_attempt_at = None
        case.save(update_fields=["next_attempt_at", "updated_at"])
        if case.command is not None and device_services.hasten_command(command=case.command):
            ring_on_commit(_NEXT_TASKS[CaseStatus(case.status)], case.pk)
            ids.append(case.pk)
    return ids
