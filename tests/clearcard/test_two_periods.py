"""Two periods of one disk: while the outcome of the earlier is unknown, the later waits, whoever asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from clearcard.services.approval import approved_content
from devices import services as device_services
from devices.choices import CommandState
from devices.errors import CommandConflictError
from devices.models import ClearReceiptRecord, DeviceCommand
from tests.clearcard.scene import Scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def doubtful(scene: Scene) -> ClearCardCase:
    """Return October's case, sent to a disk that carried it out and vanished before it said so."""
    case = scene.approved()
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    return scene.fresh(case)


def november(case: ClearCardCase) -> dict[str, Any]:
    """Return what a clear of the month after would be granted."""
    return approved_content(case) | {
        "case": "QK20261205000001",
        "period_start": "2026-11-01",
        "period_end": "2026-11-30",
        "new_period_start": "2026-12-01",
        "new_period_end": "2026-12-31",
        "new_cut_off": "2027-01-18",
    }


def queue_november(scene: Scene, case: ClearCardCase) -> DeviceCommand:
    """Queue November's clear as an approval does."""
    return device_services.queue_command(
        actor=None, device=scene.device, kind="clear", key="clear:QK20261205000001:1", payload=november(case)
    )


def test_the_later_month_is_not_even_begun_while_the_earlier_is_in_doubt(scene: Scene, doubtful: ClearCardCase) -> None:
    scene.freeze("2026-12-05 10:00")
    assert services.start_case(actor=scene.user, device=scene.device) == doubtful
    assert selectors.status_words(doubtful).word == "待核实"
    assert ClearCardCase.objects.count() == 1


def test_no_second_clear_is_queued_beside_one_that_may_have_run(scene: Scene, doubtful: ClearCardCase) -> None:
    scene.freeze("2026-12-05 10:00")
    with pytest.raises(CommandConflictError):
        queue_november(scene, doubtful)
    # The database holds the same rule, whatever wrote the row.
    for state in (CommandState.QUEUED, CommandState.MANUAL):
        with pytest.raises(IntegrityError, match="one_live_clear"), transaction.atomic():
            DeviceCommand.objects.create(
                device=scene.device, kind="clear", key=f"raw:{state}", payload=november(doubtful), state=state
            )
    assert DeviceCommand.objects.filter(kind="clear").count() == 1


def test_once_the_disk_has_told_the_later_month_goes_on(scene: Scene, doubtful: ClearCardCase) -> None:
    scene.freeze("2026-12-05 10:00")
    scene.rack.insert(scene.device)
    scene.rack.unlock(scene.device)
    services.reconcile_case(case_id=doubtful.pk)
    assert (scene.fresh(doubtful).status, scene.counter()) == (CaseStatus.CLEARED, 1)
    scene.device.refresh_from_db()
    assert queue_november(scene, scene.fresh(doubtful)).state == CommandState.QUEUED
    fresh = services.start_case(actor=scene.user, device=scene.device)
    assert (fresh.period.code, fresh.pk != doubtful.pk) == ("2026-11", True)
    assert ClearReceiptRecord.objects.filter(device=scene.device).count() == 1
