"""An officer's right ends, or a decision is to be taken back, while the clear is being sent: one truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import OfficerPost, User
from clearcard import selectors, services
from clearcard.choices import CaseStatus, Lane
from clearcard.models import ClearCardCase
from clearcard.services.hands import Hands
from devices import services as device_services
from devices.models import ClearReceiptRecord
from taxhall.common.errors import ConflictError, NotPermittedError, TaxhallError
from tests.clearcard.scene import Scene
from tests.factories.accounts import OfficerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    """Return an officer of the district."""
    return OfficerFactory()


@pytest.fixture
def case(scene: Scene, officer: User) -> ClearCardCase:
    """Return a case that this officer approved."""
    scene.month()
    case = scene.submit(scene.prepare(explanation="本月有一笔退货"))
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert case.lane == Lane.OFFICER
    services.approve_case(actor=officer, case=case, version=case.version, digest=case.snapshot_digest)
    return scene.fresh(case)


def meanwhile(monkeypatch: pytest.MonkeyPatch, place: str, act: Callable[[], Any]) -> None:
    """Let something happen just before a step of the clear is done."""
    step = getattr(Hands, place)

    def done(hands: Hands, what: Any) -> Any:
        act()
        return step(hands, what)

    monkeypatch.setattr(Hands, place, done)


def end_posts(officer: User) -> None:
    """Take the officer's right away, as the head of post does."""
    OfficerPost.objects.filter(user=officer).update(is_active=False)
    User.objects.filter(pk=officer.pk).update(is_active=False)


@pytest.mark.parametrize("place", ["apply", "complete"])
def test_a_right_that_ends_while_it_is_sent_undoes_nothing_on_the_disk(
    scene: Scene, case: ClearCardCase, officer: User, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    meanwhile(monkeypatch, place, lambda: end_posts(officer))
    services.execute_clear(case_id=case.pk)
    done = scene.fresh(case)
    assert (done.status, done.approver, scene.counter()) == (CaseStatus.CLEARED, officer, 1)
    assert selectors.status_words(done).word == "已清卡"
    assert ClearReceiptRecord.objects.get(device=scene.device).command_id == done.command_id


def test_a_right_that_ended_settles_no_doubt_that_the_sending_left(
    scene: Scene, case: ClearCardCase, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "apply", lambda: end_posts(officer))
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    held = scene.fresh(case)
    assert (held.status, selectors.status_words(held).word) == (CaseStatus.IN_DOUBT, "待核实")
    for act in (services.reject_case, services.return_case):
        with pytest.raises(TaxhallError):
            decide(act, officer, held)
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)
    services.reconcile_case(case_id=case.pk)
    assert (scene.fresh(case).status, scene.counter()) == (CaseStatus.CLEARED, 1)


def decide(act: Callable[..., Any], officer: User, case: ClearCardCase) -> None:
    """Take a decision on a case as it is now."""
    seen = {"version": case.version, "digest": case.snapshot_digest}
    more = {"reason_code": "other", "text": "撤销"} if act is services.reject_case else {"items": (), "note": "撤销"}
    act(actor=officer, case=case, **seen, **more)


def test_neither_officer_nor_taxpayer_takes_it_back_while_it_is_sent(
    scene: Scene, case: ClearCardCase, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def take_back() -> None:
        sending = scene.fresh(case)
        assert sending.status == CaseStatus.SENDING
        for attempt in (
            lambda: decide(services.reject_case, officer, sending),
            lambda: decide(services.return_case, officer, sending),
            lambda: services.withdraw_case(actor=scene.user, case=sending),
            lambda: device_services.cancel_command(actor=officer, command=sending.command),
        ):
            with pytest.raises((ConflictError, NotPermittedError)) as caught:
                attempt()
            told.append(str(caught.value.message))

    meanwhile(monkeypatch, "apply", take_back)
    services.execute_clear(case_id=case.pk)
    assert len(told) == 4
    assert all(told)
    assert "不能取消" in told[-1]
    assert (scene.fresh(case).status, scene.counter()) == (CaseStatus.CLEARED, 1)
