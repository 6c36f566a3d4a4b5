"""Clearing a real virtual disk under faults: every end is true and none needs a person who is not needed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from clearcard import selectors, services, tasks
from clearcard.choices import CaseStatus, Lane
from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.services import doubt
from clearcard.services.hands import Hands
from devices import services as device_services
from devices.choices import CommandState, DeviceStatus
from devices.errors import CardRefusedError, CommandConflictError, DiffersFromReviewError, LeaseLostError
from devices.models import ClearReceiptRecord, DeviceCommand
from taxhall.common.errors import NotPermittedError
from tests.clearcard.scene import Scene
from tests.factories.accounts import MembershipFactory

pytestmark = pytest.mark.django_db


class KilledError(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


def killed(*args: Any, **kwargs: Any) -> Any:
    """Die here."""
    raise KilledError


def word(case: ClearCardCase) -> str:
    """Return what the taxpayer reads."""
    return selectors.status_words(case).word


def require_one_clear(scene: Scene, case: ClearCardCase) -> None:
    """Expect one clear on disk, in the ledger and on paper (I1, I2, I8)."""
    case = scene.fresh(case)
    assert case.status == CaseStatus.CLEARED, (case.status, case.waiting_text, case.failure_text)
    assert word(case) == "已清卡"
    receipt = ClearReceiptRecord.objects.get(device=scene.device)
    assert scene.counter() == 1 == receipt.clear_counter_after
    assert receipt.command_id == case.command_id
    assert case.certificate.payload["receipt_digest"] == receipt.digest
    assert [each.sequence for each in case.transitions.all()] == list(range(1, case.transitions.count() + 1))


@pytest.fixture
def case(scene: Scene) -> ClearCardCase:
    """Return a case the green lane approved."""
    return scene.approved()


def test_repeating_a_finished_clear_changes_nothing(scene: Scene, case: ClearCardCase) -> None:
    services.execute_clear(case_id=case.pk)
    done = scene.fresh(case)
    services.execute_clear(case_id=case.pk)
    services.reconcile_case(case_id=case.pk)
    assert scene.fresh(case).version == done.version
    require_one_clear(scene, case)


def test_an_absent_disk_waits_and_goes_on_by_itself(scene: Scene, case: ClearCardCase) -> None:
    scene.rack.pull(scene.device)
    services.execute_clear(case_id=case.pk)
    waiting = scene.fresh(case)
    assert (waiting.status, waiting.waiting_code, word(waiting)) == (CaseStatus.APPROVED, "disk.absent", "等待设备")
    scene.rack.insert(scene.device)
    scene.rack.unlock(scene.device)
    scene.freeze("2026-11-05 10:05")
    assert services.sweep_cases() == [case.pk]
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


def test_torn_before_the_commit_is_sent_again(scene: Scene, case: ClearCardCase) -> None:
    scene.rack.faults(scene.device).arm({"tear_before_write": 1, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    doubtful = scene.fresh(case)
    assert (doubtful.status, word(doubtful)) == (CaseStatus.IN_DOUBT, "待核实")
    assert selectors.taxpayer_actions(doubtful, scene.user) == ()
    replug(scene)
    services.reconcile_case(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.COMMANDED
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


@pytest.mark.parametrize(
    "fault", [{"vanish_after": True}, {"answer": "torn"}, {"answer": "random"}, {"answer": "zero"}]
)
def test_lost_after_the_commit_is_cleared_without_a_second_sending(
    scene: Scene, case: ClearCardCase, fault: dict[str, Any]
) -> None:
    scene.rack.faults(scene.device).arm(fault | {"on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    assert word(scene.fresh(case)) == "待核实"
    replug(scene)
    services.reconcile_case(case_id=case.pk)
    require_one_clear(scene, case)
    assert [each.action for each in case.transitions.all()][-3:] == ["send", "doubt", "clear"]


def replug(scene: Scene) -> None:
    """Take the disk out and put it back, PIN given again."""
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)
    scene.rack.unlock(scene.device)


def test_a_doubt_stays_a_doubt_while_the_disk_is_away(scene: Scene, case: ClearCardCase) -> None:
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    services.reconcile_case(case_id=case.pk)
    still = scene.fresh(case)
    assert (still.status, word(still)) == (CaseStatus.IN_DOUBT, "待核实")
    assert still.next_attempt_at is not None
    scene.freeze("2026-11-08 09:00")
    scene.rack.insert(scene.device)
    assert services.sweep_cases() == [case.pk]
    services.reconcile_case(case_id=case.pk)
    require_one_clear(scene, case)


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("read_disk", CaseStatus.APPROVED),
        ("mark_sending", CaseStatus.COMMANDED),
    ],
)
def test_killed_before_sending_is_taken_up_again(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch, place: str, left: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Hands, place, killed)
        with pytest.raises(KilledError):
            services.execute_clear(case_id=case.pk)
    assert scene.fresh(case).status == left
    assert scene.counter() == 0
    services.execute_clear(case_id=case.pk)
    assert scene.fresh(case).status == left, "the lease of the dead worker still runs"
    scene.freeze("2026-11-05 10:02")
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


@pytest.mark.parametrize("reached_the_disk", [False, True])
def test_killed_after_sending_began_is_read_first(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch, reached_the_disk: bool
) -> None:
    with monkeypatch.context() as patched:
        if reached_the_disk:
            patched.setattr(Hands, "complete", killed)
        else:
            patched.setattr(device_services, "apply_clear_on_card", killed)
        with pytest.raises(KilledError):
            services.execute_clear(case_id=case.pk)
    assert (scene.fresh(case).status, scene.counter()) == (CaseStatus.SENDING, int(reached_the_disk))
    services.reconcile_case(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.SENDING, "the lease of the dead worker still runs"
    scene.freeze("2026-11-05 10:02")
    assert services.sweep_cases() == [case.pk]
    services.reconcile_case(case_id=case.pk)
    if not reached_the_disk:
        assert scene.fresh(case).status == CaseStatus.COMMANDED
        services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


def test_a_refusal_is_told_and_can_be_tried_again(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: Any) -> Any:
        raise CardRefusedError("disk.token_invalid")

    with monkeypatch.context() as patched:
        patched.setattr(device_services, "apply_clear_on_card", refused)
        services.execute_clear(case_id=case.pk)
    failed = scene.fresh(case)
    assert (failed.status, word(failed), failed.failure_code) == (CaseStatus.REFUSED, "未清卡", "disk.token_invalid")
    assert failed.command.state == CommandState.REFUSED
    with pytest.raises(NotPermittedError):
        services.retry_case(actor=MembershipFactory(finance=True).user, case=failed)
    services.retry_case(actor=scene.user, case=failed)
    assert services.retry_case(actor=scene.user, case=failed).status == CaseStatus.COMMANDED
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


def test_an_expired_token_is_made_anew_without_the_user(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expired(**_: Any) -> Any:
        raise CardRefusedError("disk.token_expired")

    with monkeypatch.context() as patched:
        patched.setattr(device_services, "apply_clear_on_card", expired)
        services.execute_clear(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.COMMANDED
    first = DeviceCommand.objects.get(pk=case.command_id).token_digest
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)
    assert DeviceCommand.objects.get(pk=case.command_id).token_digest != first


def test_a_token_that_waited_too_long_is_replaced_after_a_read(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Hands, "mark_sending", killed)
        with pytest.raises(KilledError):
            services.execute_clear(case_id=case.pk)
    scene.freeze("2026-11-05 12:00")
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


@pytest.mark.parametrize("difference", [CardRefusedError("disk.not_reported"), DiffersFromReviewError("report_digest")])
def test_a_difference_goes_back_to_review_never_on(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch, difference: Exception
) -> None:
    def differs(**_: Any) -> Any:
        raise difference

    monkeypatch.setattr(device_services, "begin_clear_on_card", differs)
    services.execute_clear(case_id=case.pk)
    back = scene.fresh(case)
    assert (back.status, back.lane, back.command, word(back)) == (CaseStatus.REVIEWING, Lane.OFFICER, None, "待审核")
    assert DeviceCommand.objects.get(pk=case.command_id).state == CommandState.CANCELLED
    assert back.approved_digest == ""
    assert scene.counter() == 0


def test_a_contradiction_freezes_the_disk_and_is_repaired_by_its_own_word(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    replug(scene)
    true_reading = device_services.read_card(device=scene.device)
    false_status = dataclasses.replace(true_reading.status, clear_counter=7)
    with monkeypatch.context() as patched:
        false_reading = dataclasses.replace(true_reading, status=false_status)
        patched.setattr(device_services, "withdraw_clear_on_card", lambda **_: false_reading)
        services.reconcile_case(case_id=case.pk)
    held = scene.fresh(case)
    assert (held.status, word(held)) == (CaseStatus.MANUAL, "待核实")
    scene.device.refresh_from_db()
    assert scene.device.status == DeviceStatus.FROZEN
    services.reconcile_case(case_id=case.pk)
    require_one_clear(scene, case)
    scene.device.refresh_from_db()
    assert scene.device.status == DeviceStatus.ACTIVE


def test_a_late_copy_of_the_receipt_changes_nothing(scene: Scene, case: ClearCardCase) -> None:
    services.execute_clear(case_id=case.pk)
    done = scene.fresh(case)
    receipt = device_services.read_card(device=scene.device).last_receipt
    assert receipt is not None
    assert services.complete_case(case_id=case.pk, receipt=receipt).version == done.version
    require_one_clear(scene, case)


def test_another_cases_receipt_is_refused(make_scene: Callable[..., Scene]) -> None:
    other = make_scene()
    other.issue()
    scene = make_scene()
    case = scene.approved()
    other.report()
    other.file()
    foreign = other.submit(other.prepare())
    services.review_case(case_id=foreign.pk)
    services.execute_clear(case_id=foreign.pk)
    receipt = device_services.read_card(device=other.device).last_receipt
    assert receipt is not None
    with pytest.raises(CommandConflictError):
        services.complete_case(case_id=case.pk, receipt=receipt)
    assert scene.fresh(case).status == CaseStatus.APPROVED


def test_an_old_reading_does_not_send_again(scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch) -> None:
    before = device_services.read_card(device=scene.device)
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    replug(scene)
    stale = DeviceCommand.objects.get(pk=case.command_id).fencing - 1
    doubt.send_again(case_id=case.pk, reading=before, fencing=stale)
    assert scene.fresh(case).status == CaseStatus.IN_DOUBT
    services.reconcile_case(case_id=case.pk)
    require_one_clear(scene, case)


def test_a_carrier_that_wakes_after_the_doubt_was_settled_clears_nothing(scene: Scene, case: ClearCardCase) -> None:
    late, way = Hands(case), course.clear_course()
    step = next(way)
    while not isinstance(step, course.Apply):
        step = way.send(late.do(step))
    # It stands still here for more than its lease, the token in its hands.
    scene.freeze("2026-11-05 10:02")
    services.reconcile_case(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.COMMANDED
    with pytest.raises(CardRefusedError) as caught:
        late.do(step)
    assert (caught.value.code, scene.counter()) == ("disk.token_stale", 0)
    with pytest.raises(LeaseLostError):
        late.do(course.NoteRefusal(caught.value))
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


def test_a_reconciler_that_wakes_after_the_clear_was_given_back_moves_nothing(
    scene: Scene, case: ClearCardCase
) -> None:
    scene.rack.faults(scene.device).arm({"vanish_before": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    replug(scene)
    late, way = Hands(scene.fresh(case)), course.settle_course()
    step = way.send(late.do(next(way)))
    # It stands still here for more than its lease, sure that the disk is to be read.
    scene.freeze("2026-11-05 10:02")
    services.reconcile_case(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.COMMANDED
    late.do(step)
    assert scene.fresh(case).status == CaseStatus.COMMANDED, "it is not on its way to the disk"
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


def test_a_bell_for_a_doubt_that_is_over_leaves_the_case_alone(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expired(**_: Any) -> Any:
        raise CardRefusedError("disk.token_expired")

    late: list[Hands] = []

    def sending(**_: Any) -> Any:
        # The reconciler looked at the case now and takes its first step only after the refusal.
        late.append(Hands(scene.fresh(case)))
        return expired()

    with monkeypatch.context() as patched:
        patched.setattr(device_services, "apply_clear_on_card", sending)
        services.execute_clear(case_id=case.pk)
    way = course.settle_course()
    lease = late[0].do(next(way))
    late[0].do(way.send(lease))
    again = scene.fresh(case)
    assert (again.status, again.command.state) == (CaseStatus.COMMANDED, CommandState.QUEUED)
    services.execute_clear(case_id=case.pk)
    require_one_clear(scene, case)


def test_a_dead_broker_only_delays(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def dead(*args: Any, **kwargs: Any) -> None:
        raise OSError("broker is down")

    scene.month()
    case = scene.prepare()
    with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
        patched.setattr(tasks.review_case, "apply_async", dead)
        case = scene.submit(case)
    assert case.status == CaseStatus.SUBMITTED
    while scene.fresh(case).status != CaseStatus.CLEARED:
        assert services.sweep_cases() == [case.pk]
        assert services.sweep_cases() == [], "a rung case is left alone for a while"
        run_task_of(scene.fresh(case))
        ClearCardCase.objects.filter(pk=case.pk).update(next_attempt_at=None)
    require_one_clear(scene, case)


def run_task_of(case: ClearCardCase) -> None:
    """Do what the rung task does."""
    if case.status == CaseStatus.SUBMITTED:
        tasks.review_case(str(case.pk))
    else:
        tasks.execute_clear(str(case.pk))
