"""A disk that is put out of use: its approved case goes to a person, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clearcard import selectors, services
from clearcard.choices import CaseStatus, Lane
from clearcard.selectors.board import disk_board
from devices import services as device_services
from devices.choices import CommandState, DeviceStatus
from devices.errors import DeviceUnusableError
from devices.models import Device, DeviceCommand
from taxhall.common import clock
from taxhall.desk import list_todos
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


def test_a_draft_of_a_lost_disk_is_closed_and_its_timeline_tells_why(scene: Scene) -> None:
    scene.month()
    case = scene.prepare()
    for _ in range(2):
        device_services.report_loss(actor=scene.user, device=scene.device, cause="stolen")
    found = scene.fresh(case)
    assert found.status == CaseStatus.WITHDRAWN
    (event,) = (each for each in selectors.timeline(found) if each.title == "关闭申请")
    assert (event.who, event.note) == ("系统", found.failure_text)
    assert "设备已挂失，这份申请不能再提交，已经关闭" in event.note
    assert selectors.status_words(found).sentence == event.note
    assert scene.counter() == 0


def test_a_draft_of_a_disk_cancelled_meanwhile_is_closed_by_the_sweep(scene: Scene) -> None:
    scene.month()
    case = scene.prepare()
    Device.objects.filter(pk=scene.device.pk).update(status=DeviceStatus.CANCELLED)
    services.sweep_cases()
    found = scene.fresh(case)
    assert found.status == CaseStatus.WITHDRAWN
    assert "设备已注销" in found.failure_text


def test_nothing_more_is_asked_of_a_lost_disk(scene: Scene) -> None:
    device_services.report_loss(actor=scene.user, device=scene.device, cause="lost")
    device = Device.objects.get(pk=scene.device.pk)
    with pytest.raises(DeviceUnusableError):
        device_services.report_card(actor=scene.user, device=device)
    with pytest.raises(DeviceUnusableError):
        services.start_case(actor=scene.user, device=device)
    (line,) = disk_board(visible_to=scene.user, taxpayer=device.taxpayer)
    assert not line.can_start
    assert "已挂失" in line.sentence
    assert list_todos(board=[line], due_returns=[], imports=[], today=clock.today()) == []
