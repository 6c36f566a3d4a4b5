"""What the disk signed for another invoice, or another request, counts for nothing here, whoever brings it."""

from __future__ import annotations

import json
import uuid

import pytest
from django.urls import reverse

from devices import services as device_services
from devices.errors import CardNotReadError, CardOutcomeUnknownError
from devices.gateway.wire import CardRequest
from devices.protocol.messages import SignedVoid
from invoicing import services as invoicing_services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.clearcard.scene import Scene
from tests.console_pages.people import enter
from tests.devices.agent.pc import Pc
from tests.devices.agent.test_denials import Liar, fresh, issue, liar, order  # noqa: F401  (a fixture)
from tests.devices.agent.test_evidence import bring, carrier, scene  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanted(scene: Scene) -> Invoice:  # noqa: F811
    """Return an invoice whose voiding was asked for while its disk was away."""
    invoice = scene.issue("50000.00")
    other = scene.issue("1.00")
    scene.rack.pull(scene.device)
    invoicing_services.void_invoice(actor=scene.user, invoice=invoice, reason="开票有误", number=invoice.number)
    invoice.refresh_from_db()
    scene.rack.insert(scene.device)
    scene.rack.unlock(scene.device)
    invoice.other = other  # type: ignore[attr-defined]  # what its company has voided instead
    return invoice


def void_the_other(scene: Scene, wanted: Invoice) -> dict:  # noqa: F811
    """Have the disk void another invoice under the request that the hall gave for the wanted one."""
    other: Invoice = wanted.other  # type: ignore[attr-defined]
    names = {"kind": other.kind, "code": other.code, "number": other.number}
    step = {"op": "void", **names, "request_id": wanted.void_request_id.hex}
    request = CardRequest(serial=scene.device.serial, certificate=scene.device.certificate, steps=(step,))
    answer = scene.rack.exchange(request)
    assert answer.results[0]["number"] == other.number
    return answer.results[0]


def state_of(invoice: Invoice) -> str:
    """Read how the invoice stands."""
    return Invoice.objects.get(pk=invoice.pk).state


def test_a_late_void_of_another_invoice_voids_nothing(carrier: Pc, scene: Scene, wanted: Invoice) -> None:  # noqa: F811
    record = void_the_other(scene, wanted)
    bring(carrier, scene, {"op": "void", "request_id": wanted.void_request_id.hex}, record)
    assert state_of(wanted) == InvoiceState.VOIDING


def test_the_page_of_signed_records_takes_no_void_of_another_invoice(scene: Scene, wanted: Invoice) -> None:  # noqa: F811
    record = void_the_other(scene, wanted)
    enter().post(reverse("admin:disk-evidence", args=[scene.device.serial]), {"record": json.dumps(record)})
    assert state_of(wanted) == InvoiceState.VOIDING


def test_a_void_that_the_disk_made_of_another_invoice_leaves_this_one_valid(scene: Scene, wanted: Invoice) -> None:  # noqa: F811
    void_the_other(scene, wanted)
    invoicing_services.perform_void(invoice_id=wanted.pk)
    assert state_of(wanted) == InvoiceState.ISSUED, "the disk refuses one request for two invoices"


def test_a_read_back_of_another_void_leaves_the_doubt_and_says_why(scene: Scene, wanted: Invoice) -> None:  # noqa: F811
    scene.disk.faults.arm({"vanish_before": True, "on": "VOID_INVOICE"})
    invoicing_services.perform_void(invoice_id=wanted.pk)
    assert state_of(wanted) == InvoiceState.IN_DOUBT
    scene.rack.insert(scene.device)
    scene.rack.unlock(scene.device)
    void_the_other(scene, wanted)
    invoicing_services.perform_void(invoice_id=wanted.pk)
    found = Invoice.objects.get(pk=wanted.pk)
    assert found.state == InvoiceState.IN_DOUBT
    assert "另一张发票" in found.error_text


@pytest.fixture
def voided(liar: Liar) -> SignedVoid:  # noqa: F811
    """Return the record of a voiding that is over."""
    first = issue(liar, order())
    names = {"kind": first.kind, "code": first.code, "number": first.number}
    found = liar.serve(device_services.void_on_card, device=fresh(liar), **names, request_id=uuid.uuid4().hex)
    assert isinstance(found, SignedVoid)
    return found


def test_an_old_void_is_no_answer_to_a_new_one(liar: Liar, voided: SignedVoid) -> None:  # noqa: F811
    second = issue(liar, order())
    names = {"kind": second.kind, "code": second.code, "number": second.number}
    liar.lies = {"void": {"results": [voided.to_json()]}}
    told = liar.serve(device_services.void_on_card, device=fresh(liar), **names, request_id=uuid.uuid4().hex)
    assert isinstance(told, CardOutcomeUnknownError)


def test_an_old_void_is_no_read_back_of_a_new_one(liar: Liar, voided: SignedVoid) -> None:  # noqa: F811
    liar.lies = {"find_void": {"results": [voided.to_json()]}}
    told = liar.serve(device_services.find_void_on_card, device=fresh(liar), request_id=uuid.uuid4().hex)
    assert isinstance(told, CardNotReadError)


def test_an_old_invoice_is_no_read_back_of_a_new_one(liar: Liar) -> None:  # noqa: F811
    old = issue(liar, order())
    liar.lies = {"find_signed": {"results": [old.to_json()]}}
    told = liar.serve(device_services.find_on_card, device=fresh(liar), request_id=uuid.uuid4().hex)
    assert isinstance(told, CardNotReadError)


@pytest.mark.parametrize("results", [[], [7, None], [{}], [7], ["x"], [[]]])
def test_a_record_of_another_shape_is_not_read(liar: Liar, results: list) -> None:  # noqa: F811
    signed = issue(liar, order())
    liar.lies = {"find_signed": {"results": results}}
    told = liar.serve(device_services.find_on_card, device=fresh(liar), request_id=signed.request_id)
    assert isinstance(told, CardNotReadError)


@pytest.mark.parametrize("results", [[], [7, None], [None, None]])
def test_a_reading_of_another_shape_is_not_read(liar: Liar, results: list) -> None:  # noqa: F811
    liar.lies = {"status": {"results": results}}
    assert isinstance(liar.serve(device_services.read_card, device=fresh(liar)), CardNotReadError)


@pytest.mark.parametrize("results", [[], [7], [None, None]])
def test_an_answer_of_another_shape_to_an_order_leaves_doubt(liar: Liar, results: list) -> None:  # noqa: F811
    liar.lies = {"issue": {"results": results}}
    assert isinstance(issue(liar, order()), CardOutcomeUnknownError)
