"""A disk that is put out of use: its approved case goes to a person, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable

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


def test_a_case_that_waits_for_an_officer_says_so_once_and_keeps_its_other_reasons(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(credit_grade="C")
    scene.month()
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    before = scene.fresh(case).lane_reasons
    assert any("信用等级" in each for each in before)
    device_services.report_loss(actor=scene.user, device=scene.device, cause="stolen")
    found = scene.fresh(case)
    assert found.lane_reasons[:-1] == before
    assert "已挂失" in found.lane_reasons[-1]
    services.sweep_cases()
    assert scene.fresh(case).version == found.version
