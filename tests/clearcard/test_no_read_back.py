"""A disk that keeps nothing to be read back: what is not known stays 待核实 until a person has evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from clearcard import selectors, services
from clearcard.choices import CaseStatus
from clearcard.errors import CaseChangedError
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.choices import CommandState, DeviceStatus
from devices.errors import ReadBackMissingError
from devices.gateway.session import DiskSession
from devices.models import ClearReceiptRecord
from devices.protocol.messages import ClearReceipt, ClearToken
from devices.virtual.odd import OddDisk
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from tests.clearcard.scene import Scene
from tests.devices.odd_driver import OddDriver
from tests.factories.accounts import OfficerFactory
from tests.harness.cards import CardRack

pytestmark = pytest.mark.django_db
EVIDENCE = "检测单 JC-2026-0017：设备界面显示清卡次数 0，经办人李某"


@pytest.fixture
def scene(card_rack: CardRack, make_scene: Callable[..., Scene]) -> Scene:
    """Return a company whose disk is of another maker."""
    card_rack.disk_class = OddDisk
    card_rack.drivers = (DiskSession, OddDriver)
    return make_scene()


@pytest.fixture
def case(scene: Scene) -> ClearCardCase:
    """Return a case the green lane approved."""
    return scene.approved()


@pytest.fixture
def officer() -> User:
    """Return an officer of the district who decides on cases."""
    return OfficerFactory()


def lose_the_clear(scene: Scene, case: ClearCardCase, fault: str) -> ClearCardCase:
    """Send the clear to a disk that vanishes, put it back, and let the hall look at it."""
    scene.rack.faults(scene.device).arm({fault: True, "on": "APPLY_CLEAR"})
    services.execute_clear(case_id=case.pk)
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)
    services.reconcile_case(case_id=case.pk)
    return scene.fresh(case)


def sent_clears(scene: Scene) -> int:
    """Return how often a clear was handed to the disk."""
    return sum(step.get("op") == "apply_clear" for request in scene.rack.requests for step in request.steps)


def test_where_nothing_goes_wrong_it_is_cleared_like_any_disk(scene: Scene, case: ClearCardCase) -> None:
    services.execute_clear(case_id=case.pk)
    done = scene.fresh(case)
    assert (done.status, scene.counter()) == (CaseStatus.CLEARED, 1)
    scene.device.refresh_from_db()
    assert scene.device.driver == "odd"


@pytest.mark.parametrize("fault", ["vanish_before", "vanish_after"])
def test_an_unknown_outcome_goes_to_a_person_and_nothing_is_guessed(
    scene: Scene, case: ClearCardCase, fault: str
) -> None:
    held = lose_the_clear(scene, case, fault)
    words = selectors.status_words(held)
    assert (held.status, held.failure_code, words.word) == (CaseStatus.MANUAL, "clear.unproved", "待核实")
    assert "不能读回" in words.sentence
    for _ in range(3):
        services.reconcile_case(case_id=case.pk)
        services.execute_clear(case_id=case.pk)
        device_services.read_device(actor=None, device=scene.device)
    still = scene.fresh(case)
    assert (still.status, still.command.state, sent_clears(scene)) == (CaseStatus.MANUAL, CommandState.MANUAL, 1)
    scene.device.refresh_from_db()
    assert scene.device.status == DeviceStatus.FROZEN
    assert not ClearReceiptRecord.objects.exists()


def test_an_officer_with_evidence_lets_it_be_sent_again(scene: Scene, case: ClearCardCase, officer: User) -> None:
    held = lose_the_clear(scene, case, "vanish_before")
    services.settle_as_never_run(actor=officer, case=held, version=held.version, evidence=EVIDENCE)
    again = scene.fresh(case)
    assert again.status == CaseStatus.COMMANDED
    last = again.transitions.last()
    assert (last.action, last.actor) == ("resend", officer)
    assert EVIDENCE in last.note
    services.execute_clear(case_id=case.pk)
    assert (scene.fresh(case).status, scene.counter()) == (CaseStatus.CLEARED, 1)


def test_an_officer_cannot_overrule_the_counter_that_the_disk_signs(
    scene: Scene, case: ClearCardCase, officer: User
) -> None:
    held = lose_the_clear(scene, case, "vanish_after")
    with pytest.raises(ConflictError) as caught:
        services.settle_as_never_run(actor=officer, case=held, version=held.version, evidence=EVIDENCE)
    assert caught.value.code == "clear.counter_moved"
    assert (scene.fresh(case).status, sent_clears(scene), scene.counter()) == (CaseStatus.MANUAL, 1, 1)


def test_a_receipt_that_somebody_brings_settles_what_did_run(
    scene: Scene, case: ClearCardCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[ClearReceipt] = []
    clear = OddDriver.apply_clear

    def noting(session: OddDriver, token: ClearToken) -> ClearReceipt:
        kept.append(clear(session, token))
        scene.rack.faults(scene.device).arm({"vanish_before": True})
        session.status()
        return kept[-1]

    monkeypatch.setattr(OddDriver, "apply_clear", noting)
    services.execute_clear(case_id=case.pk)
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)
    services.reconcile_case(case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.MANUAL
    services.accept_receipt(receipt=kept[0])
    done = scene.fresh(case)
    assert (done.status, done.certificate.payload["clear_counter_after"]) == (CaseStatus.CLEARED, 1)


@pytest.mark.parametrize("evidence", ["", "   ", "没有清卡"])
def test_without_evidence_nothing_is_decided(scene: Scene, case: ClearCardCase, officer: User, evidence: str) -> None:
    held = lose_the_clear(scene, case, "vanish_before")
    with pytest.raises(InvalidInputError):
        services.settle_as_never_run(actor=officer, case=held, version=held.version, evidence=evidence)
    assert scene.fresh(case).status == CaseStatus.MANUAL


def test_only_an_officer_who_may_decide_settles_it_and_only_what_was_seen(
    scene: Scene, case: ClearCardCase, officer: User
) -> None:
    held = lose_the_clear(scene, case, "vanish_before")
    with pytest.raises(NotPermittedError):
        services.settle_as_never_run(actor=scene.user, case=held, version=held.version, evidence=EVIDENCE)
    with pytest.raises(CaseChangedError):
        services.settle_as_never_run(actor=officer, case=held, version=held.version - 1, evidence=EVIDENCE)
    assert (scene.fresh(case).status, sent_clears(scene)) == (CaseStatus.MANUAL, 1)


@pytest.mark.parametrize("fault", ["vanish_before", "vanish_after"])
def test_an_invoice_of_unknown_outcome_is_neither_issued_again_nor_taken_for_issued(
    scene: Scene, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from invoicing import services as invoicing_services

    scene.rack.faults(scene.device).arm({fault: True, "on": "ISSUE_INVOICE"})
    with pytest.raises(AssertionError, match=InvoiceState.IN_DOUBT):
        scene.issue()
    scene.rack.faults(scene.device).clear()
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)
    scene.rack.unlock(scene.device)
    invoice = Invoice.objects.get()
    for minute in (10, 20, 30):
        scene.freeze(f"2026-10-20 11:{minute}")
        invoicing_services.perform_issue(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.number, invoice.error_code) == (InvoiceState.IN_DOUBT, "", "disk.no_read_back")
    assert "办税服务厅" in invoice.error_next_step
    issued: list[Any] = [step for each in scene.rack.requests for step in each.steps if step.get("op") == "issue"]
    assert len(issued) == 1


def test_asking_for_a_record_says_that_there_is_none_to_be_read(scene: Scene) -> None:
    with pytest.raises(ReadBackMissingError):
        device_services.find_on_card(device=scene.device, request_id="00" * 16)
    with pytest.raises(ReadBackMissingError):
        device_services.last_clear_on_card(device=scene.device)
