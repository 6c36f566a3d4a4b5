"""A token in the hands of the company's PC: what the hall says did not run must never be able to run."""

from __future__ import annotations

import pytest

from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from devices import services as device_services
from devices.gateway.wire import CardAnswer, CardRequest
from devices.models import ClearReceiptRecord, Device, DeviceCommand
from devices.protocol.messages import ClearReceipt
from filing import services as filing_services
from filing.models import TaxReturn
from taxhall.common.errors import ConflictError
from tests.clearcard.scene import OCTOBER, Scene
from tests.devices.agent.pc import Pc
from tests.devices.agent.test_denials import Liar

pytestmark = pytest.mark.django_db(transaction=True)
REFUSAL = {"fault": {"kind": "refused", "code": "disk.period_open", "status_word": 0x6985}}
TORN = {"fault": {"kind": "broken", "sent": True}}


@pytest.fixture
def scene(transactional_db, card_rack, freeze, settings, tmp_path) -> Scene:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return Scene(card_rack, freeze)


class Keeper(Liar):
    """A PC that keeps the token to itself, says this or that, and drops no open request at its disk."""

    def __init__(self, scene: Scene, told: dict, *, asks_anew: bool = True) -> None:
        pc = Pc()
        pc.enrol(scene.membership)
        pc.open()
        self.told, self.token, self.asks_anew = told, None, asks_anew
        super().__init__(pc, scene.device, scene.rack)

    def answer(self, given: dict) -> dict:
        request = CardRequest.from_json(given["request"])
        first = request.steps[0]
        if first["op"] == "apply_clear":
            self.token = first["token"]
            return self.told
        if first["op"] == "begin_clear" and self.token is not None and not self.asks_anew:
            return REFUSAL
        if first["op"] == "abort_clear":
            rest = {**given["request"], "steps": list(request.steps[1:])}
            answer = self.rack.exchange(CardRequest.from_json(rest)).to_json()
            return {**answer, "results": [None, *answer["results"]]}
        return self.rack.exchange(request).to_json()

    def apply(self) -> CardAnswer:
        step = {"op": "apply_clear", "token": self.token}
        return self.rack.exchange(
            CardRequest(serial=self.disk.serial, certificate=self.disk.certificate, steps=(step,))
        )

    def settle(self, case: ClearCardCase) -> None:
        """Let the hall look again now."""
        DeviceCommand.objects.filter(pk=case.command_id).update(next_attempt_at=None, lease_until=None)
        self.serve(services.reconcile_case, case_id=case.pk)


def approved(scene: Scene) -> tuple[ClearCardCase, TaxReturn]:
    """Approved by the green lane over a return that owes nothing and may still be voided."""
    scene.report()
    filed = scene.file()
    filing_services.compare_period(actor=None, taxpayer=scene.taxpayer, month=OCTOBER)
    case = scene.submit(scene.prepare())
    services.review_case(case_id=case.pk)
    case = scene.fresh(case)
    assert case.status == CaseStatus.APPROVED
    return case, filed


def test_a_token_that_was_called_refused_is_dead_before_the_return_can_be_voided(scene):
    case, filed = approved(scene)
    pc = Keeper(scene, REFUSAL)
    pc.serve(services.execute_clear, case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.REFUSED
    filing_services.void_return(actor=scene.user, tax_return=filed, reason="漏报收入")
    assert pc.apply().fault is not None


def test_a_token_whose_request_was_not_dropped_is_dead_before_the_command_is_taken_back(scene):
    case, filed = approved(scene)
    pc = Keeper(scene, TORN)
    pc.serve(services.execute_clear, case_id=case.pk)
    case = scene.fresh(case)
    assert case.status == CaseStatus.IN_DOUBT
    pc.settle(case)
    assert scene.fresh(case).status == CaseStatus.COMMANDED
    filing_services.void_return(actor=scene.user, tax_return=filed, reason="漏报收入")
    services.take_back_approvals(taxpayer_id=scene.taxpayer.pk)
    case = scene.fresh(case)
    assert (case.status, case.command) == (CaseStatus.REVIEWING, None)
    assert pc.apply().fault is not None


@pytest.mark.parametrize("told", [REFUSAL, TORN])
def test_a_token_that_may_still_run_leaves_the_clear_in_doubt_and_the_return_standing(scene, told):
    case, filed = approved(scene)
    pc = Keeper(scene, told, asks_anew=False)
    pc.serve(services.execute_clear, case_id=case.pk)
    case = scene.fresh(case)
    assert case.status == CaseStatus.IN_DOUBT
    pc.settle(case)
    case = scene.fresh(case)
    assert (case.status, case.waiting_code) == (CaseStatus.IN_DOUBT, "disk.clear_not_dead")
    with pytest.raises(ConflictError):
        filing_services.void_return(actor=scene.user, tax_return=filed, reason="漏报收入")
    assert pc.apply().fault is None
    pc.settle(case)
    assert scene.fresh(case).status == CaseStatus.CLEARED


def test_a_token_that_came_too_late_for_the_disks_own_clock_is_dead(scene, freeze):
    case, _filed = approved(scene)
    pc = Keeper(scene, REFUSAL, asks_anew=False)
    pc.serve(services.execute_clear, case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.IN_DOUBT
    freeze("2026-11-05 10:11")
    pc.pc.poll(pc.pc.claim(pc.disk))
    pc.settle(scene.fresh(case))
    assert scene.fresh(case).status == CaseStatus.COMMANDED
    assert pc.apply().fault is not None


def refused_though_it_may_run(scene: Scene, monkeypatch) -> tuple[ClearCardCase, Keeper]:
    """The case is told as refused, and the disk takes the token after all."""
    case, _filed = approved(scene)
    pc = Keeper(scene, REFUSAL)
    with monkeypatch.context() as patched:
        patched.setattr("devices.services.agents.denials.is_clear_dead", lambda *_: True)
        pc.serve(services.execute_clear, case_id=case.pk)
    assert scene.fresh(case).status == CaseStatus.REFUSED
    return case, pc


def test_the_receipt_of_a_clear_that_was_told_as_refused_is_booked_when_it_comes(scene, monkeypatch):
    case, pc = refused_though_it_may_run(scene, monkeypatch)
    services.accept_receipt(receipt=ClearReceipt.from_json(pc.apply().results[0]))
    assert scene.fresh(case).status == CaseStatus.CLEARED
    assert ClearReceiptRecord.objects.count() == 1


def test_the_receipt_of_a_clear_that_was_told_as_refused_is_booked_when_the_hall_reads_it(scene, monkeypatch):
    case, pc = refused_though_it_may_run(scene, monkeypatch)
    assert pc.apply().fault is None
    pc.serve(device_services.read_device, actor=None, device=Device.objects.get(pk=scene.device.pk))
    device = Device.objects.get(pk=scene.device.pk)
    assert (scene.fresh(case).status, device.status) == (CaseStatus.CLEARED, "active"), device.frozen_reason


def test_a_disk_that_was_cleared_by_a_command_that_was_taken_back_is_frozen_and_says_why(scene, monkeypatch):
    case, pc = refused_though_it_may_run(scene, monkeypatch)
    ClearCardCase.objects.filter(pk=case.pk).update(command=None)
    services.accept_receipt(receipt=ClearReceipt.from_json(pc.apply().results[0]))
    device = Device.objects.get(pk=scene.device.pk)
    assert (device.status, device.clear_counter) == ("frozen", 0)
    assert "已经清卡" in device.frozen_reason
