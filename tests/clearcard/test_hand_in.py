"""An application that only waits for the tax is handed in by the treasury's word; nobody presses anything."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Notice
from clearcard import selectors, services
from clearcard.choices import CaseStatus, HandInState, Lane
from clearcard.errors import CaseNotReadyError
from clearcard.models import ClearCardCase, HandInOrder
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.gateway import demo
from filing.gateway.base import canonical
from filing.models import Payment
from taxhall.common.errors import NotPermittedError
from tests.clearcard.scene import OCTOBER, Scene
from tests.factories.accounts import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every ring do its work at once, as workers would; paying is left to the treasury's message."""

    def ring(task: Any, *ids: Any) -> None:
        if task.name not in ("filing.pay_return", "devices.run_command"):
            task.run(*[str(each) for each in ids])

    monkeypatch.setattr("taxhall.common.doorbell.ring", ring)
    monkeypatch.setattr("clearcard.services.sweep.ring", ring)


def unpaid(scene: Scene) -> tuple[ClearCardCase, Payment]:
    """Return a finished application whose tax was ordered from the bank and not received yet."""
    scene.issue()
    scene.issue("2000.00", kind="004")
    scene.report()
    found = filing_services.start_return(actor=scene.user, taxpayer=scene.taxpayer, period=OCTOBER)
    digest = filing_selectors.current_sheet(found).digest
    filed = filing_services.submit_return(actor=scene.user, tax_return=found, key=str(found.submit_key), digest=digest)
    filing_services.compare_period(actor=None, taxpayer=scene.taxpayer, month=OCTOBER)
    payment = filing_services.pay_return(actor=scene.user, tax_return=filed, key=uuid.uuid4().hex)
    return scene.prepare(), payment


def order(scene: Scene, case: ClearCardCase, **changes: Any) -> ClearCardCase:
    """Order the hand-in as the finance head does."""
    wanted = {"actor": scene.user, "key": selectors.submit_key(case), "declaration": True, **changes}
    return services.order_hand_in(case=case, **wanted)


def treasury_says(payment: Payment, state: str = "received") -> int:
    """Post the treasury's message about a payment and return the status of the answer."""
    now = timezone.now().isoformat()
    fields = {"key": payment.key, "state": state, "amount": str(payment.amount), "reference": "R1", "message": ""}
    raw = canonical({**fields, "answered_at": now, "sent_at": now, "message_id": uuid.uuid4().hex})
    body = json.dumps({"raw": raw, "signature": demo._sign(raw)})
    return Client().post("/filing/treasury/callback/", body, content_type="application/json").status_code


@pytest.mark.usefixtures("worker")
def test_the_treasurys_message_brings_the_clear_to_its_end(
    scene: Scene, django_capture_on_commit_callbacks: Any
) -> None:
    case, payment = unpaid(scene)
    order(scene, case)
    assert scene.fresh(case).status == CaseStatus.DRAFT
    with django_capture_on_commit_callbacks(execute=True):
        assert treasury_says(payment) == 204
    found = scene.fresh(case)
    assert (found.status, found.lane, found.submitted_by) == (CaseStatus.CLEARED, Lane.GREEN, scene.user)
    assert scene.counter() == 1
    assert HandInOrder.objects.get().state == HandInState.DONE
    assert Notice.objects.filter(title="税款已入库，清卡申请已自动提交").count() == 1


@pytest.mark.usefixtures("worker")
def test_a_lost_signal_is_made_good_by_the_sweep(scene: Scene) -> None:
    case, payment = unpaid(scene)
    order(scene, case)
    assert treasury_says(payment) == 204  # whatever should follow the commit is lost
    assert scene.fresh(case).status == CaseStatus.DRAFT
    services.sweep_cases()
    assert scene.fresh(case).status == CaseStatus.SUBMITTED


def test_what_failed_at_the_treasury_is_waited_for_still(scene: Scene) -> None:
    case, payment = unpaid(scene)
    order(scene, case)
    assert treasury_says(payment, "failed") == 204
    assert services.carry_out_hand_ins(taxpayer_id=scene.taxpayer.pk) == []
    assert HandInOrder.objects.get().state == HandInState.WAITING


def test_many_who_are_unpaid_do_not_keep_the_sweep_from_one_who_is_paid(
    make_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clearcard.services.hand_in._AT_ONCE", 1)
    first = make_scene()
    waits, _unpaid = unpaid(first)
    order(first, waits)
    second = make_scene()
    ready, payment = unpaid(second)
    order(second, ready)
    assert treasury_says(payment) == 204
    first.freeze("2026-11-05 10:01")
    assert services.carry_out_hand_ins() == []
    assert services.carry_out_hand_ins() == [ready.pk]
    assert first.fresh(waits).status == CaseStatus.DRAFT


def test_ordering_twice_is_one_order_and_taking_it_back_ends_it(scene: Scene) -> None:
    case, payment = unpaid(scene)
    order(scene, case)
    order(scene, case)
    assert HandInOrder.objects.count() == 1
    services.cancel_hand_in(actor=scene.user, case=case)
    services.cancel_hand_in(actor=scene.user, case=case)
    treasury_says(payment)
    assert services.carry_out_hand_ins() == []
    assert scene.fresh(case).status == CaseStatus.DRAFT
    assert AuditEvent.objects.filter(action="clearcard.hand_in_cancelled").count() == 1


def test_an_application_that_changed_since_is_not_handed_in(scene: Scene) -> None:
    case, payment = unpaid(scene)
    order(scene, case)
    services.fill_case(actor=scene.user, case=case, data=selectors.default_form(case))
    treasury_says(payment)
    assert services.carry_out_hand_ins() == []
    ended = HandInOrder.objects.get()
    assert (ended.state, ended.ended_why) == (HandInState.ENDED, "登记之后申请有了变化")
    assert Notice.objects.filter(title="清卡申请没有自动提交").count() == 1


def test_who_lost_the_role_meanwhile_hands_nothing_in(scene: Scene) -> None:
    case, payment = unpaid(scene)
    order(scene, case)
    scene.membership.delete()
    treasury_says(payment)
    assert services.carry_out_hand_ins() == []
    assert HandInOrder.objects.get().state == HandInState.ENDED
    assert scene.fresh(case).status == CaseStatus.DRAFT


def test_only_a_finished_and_declared_application_may_wait(scene: Scene) -> None:
    case, _payment = unpaid(scene)
    with pytest.raises(CaseNotReadyError):
        order(scene, case, declaration=False)
    case.materials.update(state="removed")
    with pytest.raises(CaseNotReadyError):
        order(scene, case)
    assert HandInOrder.objects.count() == 0


def test_an_issuer_and_an_outsider_order_nothing(scene: Scene) -> None:
    case, _payment = unpaid(scene)
    for member in (MembershipFactory(taxpayer=scene.taxpayer, role="issuer"), MembershipFactory(legal=True)):
        with pytest.raises(NotPermittedError):
            order(scene, case, actor=member.user)
        with pytest.raises(NotPermittedError):
            services.cancel_hand_in(actor=member.user, case=case)


def test_tax_that_came_meanwhile_hands_in_at_once(scene: Scene) -> None:
    case, payment = unpaid(scene)
    treasury_says(payment)
    assert order(scene, case).status == CaseStatus.SUBMITTED
    assert HandInOrder.objects.count() == 0


def test_the_database_refuses_two_waiting_orders_and_an_end_without_its_day(scene: Scene) -> None:
    case, _payment = unpaid(scene)
    order(scene, case)
    with pytest.raises(IntegrityError), transaction.atomic():
        HandInOrder.objects.create(case=case, key="k", case_version=1, ordered_by=scene.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        HandInOrder.objects.update(state=HandInState.DONE)


@pytest.mark.usefixtures("worker")
def test_tax_that_is_given_back_takes_the_approval_back(scene: Scene, django_capture_on_commit_callbacks: Any) -> None:
    case = scene.approved()
    assert case.status == CaseStatus.APPROVED
    payment = Payment.objects.get()
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        with django_capture_on_commit_callbacks(execute=True):
            assert treasury_says(payment, "refunded") == 204
        services.execute_clear(case_id=case.pk)
    found = scene.fresh(case)
    assert (found.status, found.lane) == (CaseStatus.REVIEWING, Lane.OFFICER)
    assert scene.counter() == 0
