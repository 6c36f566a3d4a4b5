"""A disk that is put out of use: its approved case goes to a person, and nothing is sent."""

from __future__ import annotations

from clearcard import services
from clearcard.choices import CaseStatus, Lane
from devices import services as device_services
from devices.choices import CommandState
from devices.models import DeviceCommand
from tests.clearcard.scene import Scene


def test_an_approval_for_a_lost_disk_is_void(scene: Scene) -> None:
    case = scene.approved()
    command = case.command_id
    device_services.report_loss(actor=scene.user, device=scene.device, cause="stolen")
    found = scene.fresh(case)
    assert (found.status, found.lane, found.command) == (CaseStatus.REVIEWING, Lane.OFFICER, None)
    assert "已挂失" in found.lane_reasons[0]
    assert DeviceCommand.objects.get(pk=command).state == CommandState.CANCELLED
    services.execute_clear(case_id=case.pk)
    assert scene.counter() == 0


def test_a_repeated_report_hands_it_over_once(scene: Scene) -> None:
    case = scene.approved()
    for _ in range(2):
        device_services.report_loss(actor=scene.user, device=scene.device, cause="stolen")
    assert scene.fresh(case).transitions.filter(action="review_again").count() == 1
