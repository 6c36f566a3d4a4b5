"""Waiting for the disk (等待设备): a condition of an approved or commanded case, not a state."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from clearcard.models import ClearCardCase
from clearcard.services._cases import lock_case
from devices import services as device_services
from devices.errors import LeaseLostError
from devices.services import Lease
from taxhall.common import clock
from taxhall.common.errors import TaxhallError

FIRST_WAIT = 15
LONGEST_WAIT = 300


@transaction.atomic
def keep_waiting(*, case_id: int, lease: Lease, error: TaxhallError) -> ClearCardCase:
    """Note why nothing was sent and look again later; the command goes back to the queue."""
    case = lock_case(case_id)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(case.attempts, 5))
    try:
        device_services.requeue_command(lease=lease, error=error, delay=timedelta(seconds=wait))
    except LeaseLostError:
        return case
    if case.waiting_code != error.code:
        case.waiting_since = clock.now()
    case.waiting_code = error.code
    case.waiting_text = f"{error.message}{error.next_step}"
    case.attempts += 1
    case.next_attempt_at = timezone.now() + timedelta(seconds=wait)
    case.save(
        update_fields=["waiting_code", "waiting_text", "waiting_since", "attempts", "next_attempt_at", "updated_at"]
    )
    return case


@transaction.atomic
def wake_cases(*, device_id: int) -> list[int]:
    """Make the waiting cases of a disk due now (it was plugged in or unlocked); return their ids."""
    waiting = ClearCardCase.objects.select_for_update().filter(device_id=device_id).exclude(waiting_code="")
    ids = []
    for case in waiting:
        case.next_attempt_at = None
        case.save(update_fields=["next_attempt_at", "updated_at"])
        if case.command_id is not None:
            ids.append(case.pk)
    return ids
