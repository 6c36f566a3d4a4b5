"""What a disk signed counts whoever brings it and however late (R-14), and what it did not sign counts for nothing."""

from __future__ import annotations

import uuid

import pytest

from clearcard import services as clear_services
from clearcard.choices import CaseStatus
from devices import services as device_services
from devices.gateway.wire import CardRequest
from devices.models import AgentVisit, ClearReceiptRecord, DeviceReport, OrderReceiptRecord
from devices.services.agents import reports
from invoicing import services as invoicing_services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.clearcard.scene import Scene
from tests.devices.agent.pc import Pc, RefusedError
from tests.devices.authority import carry_out, order_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(card_rack, freeze, settings, tmp_path) -> Scene:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return Scene(card_rack, freeze)


@pytest.fixture
def carrier(scene) -> Pc:
    """Return a PC of the company."""
    pc = Pc()
    pc.enrol(scene.membership)
    pc.open()
    return pc


def bring(carrier: Pc, scene: Scene, step: dict, result: object) -> str:
    """Report a visit that the hall knows nothing of, as after a restored database (R-20)."""
    request = CardRequest(serial=scene.device.serial, certificate=scene.device.certificate, steps=(step,))
    work = {"visit": str(uuid.uuid4()), "fencing": 1, "request": request.to_json()}
    return carrier.report(work, {"results": [result]})


def read(scene: Scene, step: dict) -> dict:
    request = CardRequest(serial=scene.device.serial, certificate=scene.device.certificate, steps=(step,))
    return scene.rack.exchange(request).results[0]


def doubtful_case(scene: Scene):
    """Return a case whose disk was cleared and pulled before it could say so, and the receipt it holds."""
    case = scene.approved()
    scene.disk.faults.arm({"vanish_after": True, "on": "APPLY_CLEAR"})
    clear_services.execute_clear(case_id=case.pk)
    receipt = read(scene, {"op": "last_clear", "group": "A"})
    scene.rack.pull(scene.device)
    case = scene.fresh(case)
    assert case.status == CaseStatus.IN_DOUBT
    return case, receipt


def test_a_receipt_clears_a_doubtful_case_while_the_disk_is_nowhere(carrier, scene):
    case, receipt = doubtful_case(scene)
    token = case.command.token
    assert bring(carrier, scene, {"op": "apply_clear", "token": token}, receipt) == "evidence"
    assert scene.fresh(case).status == CaseStatus.CLEARED
    assert bring(carrier, scene, {"op": "apply_clear", "token": token}, receipt) == "evidence"
    assert ClearReceiptRecord.objects.get().carrier == "agent", "the PC says that it was the one to hand it over"


@pytest.mark.parametrize("how", ["changed", "unsigned", "text", "nothing"])
def test_what_the_disk_did_not_sign_clears_nothing(carrier, scene, how):
    case, receipt = doubtful_case(scene)
    raw = bytes.fromhex(receipt["raw"])
    forged = {
        "changed": {**receipt, "raw": (raw[:-1] + bytes([raw[-1] ^ 1])).hex()},
        "unsigned": {name: value for name, value in receipt.items() if name not in ("raw", "signature")},
        "text": "cleared",
        "nothing": None,
    }[how]
    bring(carrier, scene, {"op": "apply_clear", "token": case.command.token}, forged)
    assert scene.fresh(case).status == CaseStatus.IN_DOUBT
    assert not ClearReceiptRecord.objects.exists()


def doubtful_invoice(scene: Scene) -> tuple[Invoice, dict]:
    """Return an invoice that the disk signed without being heard, and its record."""
    scene.disk.faults.arm({"vanish_after": True, "on": "ISSUE_INVOICE"})
    with pytest.raises(AssertionError):
        scene.issue()
    invoice = Invoice.objects.get()
    assert invoice.state == InvoiceState.IN_DOUBT
    return invoice, read(scene, {"op": "find_signed", "request_id": invoice.request_id.hex})


def test_a_record_issues_a_doubtful_invoice_once(carrier, scene):
    invoice, record = doubtful_invoice(scene)
    step = {"op": "issue", "order": {"request_id": invoice.request_id.hex}}
    bring(carrier, scene, step, record)
    bring(carrier, scene, step, record)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.number) == (InvoiceState.ISSUED, record["number"])
    invoicing_services.perform_issue(invoice_id=invoice.pk)
    assert device_services.read_card(device=scene.device).status.sign_counter == 1


def test_a_voiding_is_recorded_when_it_comes_late(carrier, scene):
    invoice = scene.issue()
    scene.disk.faults.arm({"vanish_after": True, "on": "VOID_INVOICE"})
    invoicing_services.void_invoice(actor=scene.user, invoice=invoice, reason="开票有误", number=invoice.number)
    invoicing_services.perform_void(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.IN_DOUBT
    request_id = invoice.void_request_id.hex
    record = read(scene, {"op": "find_void", "request_id": request_id})
    bring(carrier, scene, {"op": "void", "request_id": request_id}, record)
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.VOIDED


def test_a_report_of_the_disk_is_kept_when_it_comes_late(carrier, scene):
    scene.issue()
    scene.freeze("2026-11-05 10:00")
    scene.rack.unlock(scene.device)
    step = {"op": "report", "group": "A", "period_start": "2026-10-01", "period_end": "2026-10-31"}
    bring(carrier, scene, step, read(scene, step))
    assert DeviceReport.objects.get().device == scene.device


def test_evidence_about_another_companys_disk_is_not_taken(carrier, scene):
    other = Scene(scene.rack, scene.freeze)
    with pytest.raises(RefusedError, match="404"):
        bring(carrier, other, {"op": "status"}, read(other, {"op": "status"}))
    assert not AgentVisit.objects.exists()


def doubtful_order(scene: Scene):
    """Return an order of stock that the disk carried out without being heard, and its receipt."""
    scene.disk.faults.arm({"vanish_after": True, "on": "APPLY_ORDER"})
    command = carry_out(order_stock(scene.device))
    receipt = read(scene, {"op": "last_order"})
    scene.rack.pull(scene.device)
    assert command.state != "done"
    return command, receipt


def test_a_receipt_ends_a_doubtful_order_once(carrier, scene):
    command, receipt = doubtful_order(scene)
    for _time in range(2):
        assert bring(carrier, scene, {"op": "last_order"}, receipt) == "evidence"
    command.refresh_from_db()
    assert command.state == "done"
    assert OrderReceiptRecord.objects.get().command == command


def test_a_receipt_of_an_order_that_the_ledger_contradicts_changes_nothing(carrier, scene):
    command, receipt = doubtful_order(scene)
    type(command).objects.filter(pk=command.pk).update(payload={**command.payload, "action": "cancel"})
    assert bring(carrier, scene, {"op": "last_order"}, receipt) == "evidence"
    command.refresh_from_db()
    assert command.state != "done"
    assert not OrderReceiptRecord.objects.exists()


def test_evidence_whose_taking_broke_off_counts_when_it_is_reported_again(carrier, scene, monkeypatch):
    case, receipt = doubtful_case(scene)
    step = {"op": "apply_clear", "token": case.command.token}
    request = CardRequest(serial=scene.device.serial, certificate=scene.device.certificate, steps=(step,))
    work = {"visit": str(uuid.uuid4()), "fencing": 1, "request": request.to_json()}
    with monkeypatch.context() as broken:
        broken.setattr(reports, "_bring_forward", lambda *_facts: None)
        carrier.report(work, {"results": [receipt]})
    assert scene.fresh(case).status == CaseStatus.IN_DOUBT
    assert carrier.report(work, {"results": [receipt]}) == "repeated"
    assert scene.fresh(case).status == CaseStatus.CLEARED
