"""Booking what a disk signed: the disk's own signature is enough, and nothing else is."""

from __future__ import annotations

import json
import uuid

import pytest
from django.urls import reverse

from devices import services as device_services
from devices.gateway.drivers import OWN_DRIVERS
from devices.gateway.wire import CardRequest
from devices.models import DeviceCommand
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.clearcard.scene import Scene
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, enter
from tests.devices.odd_disk import ForgetfulDisk, OddDisk, OddDriver
from tests.factories.accounts import BureauFactory, OfficerPostFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(card_rack, make_scene) -> Scene:
    """A company whose disk cannot tell again what it signed."""
    card_rack.create, card_rack.drivers = ForgetfulDisk.create, (*OWN_DRIVERS, OddDriver())
    return make_scene()


@pytest.fixture
def lost(scene: Scene) -> Invoice:
    """An invoice that the disk signed and whose answer never came."""
    draft = scene.draft()
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "ISSUE_INVOICE"})
    services.issue_invoice(actor=scene.user, invoice=draft, key=uuid.uuid4().hex)
    services.perform_issue(invoice_id=draft.pk)
    found = Invoice.objects.get(pk=draft.pk)
    assert found.state == InvoiceState.IN_DOUBT
    return found


def page(scene: Scene) -> str:
    return reverse("admin:disk-evidence", args=[scene.device.serial])


def signed(scene: Scene, invoice: Invoice) -> dict:
    """Return what the vendor reads out of the disk's memory."""
    disk = scene.rack.disk(scene.device)
    disk.unknown = OddDisk.unknown
    look = CardRequest(
        serial=scene.device.serial,
        certificate=scene.device.certificate,
        steps=({"op": "find_signed", "request_id": invoice.request_id.hex},),
    )
    (record,) = scene.rack.exchange(look).results
    disk.unknown = ForgetfulDisk.unknown
    return record


def test_the_record_issues_the_invoice_under_its_own_number_once(scene: Scene, lost: Invoice) -> None:
    officer, record = enter(), signed(scene, lost)
    assert "已按这条记录入账" in words_of(officer.post(page(scene), {"record": json.dumps(record)}, follow=True))
    found = Invoice.objects.get(pk=lost.pk)
    assert (found.state, found.number) == (InvoiceState.ISSUED, record["number"])
    again = officer.post(page(scene), {"record": json.dumps(record)}, follow=True)
    assert "没有据此入账" in words_of(again)
    assert DeviceCommand.objects.filter(kind="issue").count() == 1
    assert device_services.read_card(device=scene.device).status.sign_counter == 1


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"serial": 7}', "[" * 50_000, "\x00", '{"counter": 1e999}'])
def test_what_is_no_record_is_refused_in_words(scene: Scene, lost: Invoice, text: str) -> None:
    answer = enter().post(page(scene), {"record": text})
    assert answer.status_code in (400, 422)
    assert Invoice.objects.get(pk=lost.pk).state == InvoiceState.IN_DOUBT


def test_a_record_of_another_order_is_not_said_to_be_booked(scene: Scene, lost: Invoice) -> None:
    command = DeviceCommand.objects.get(kind="issue")
    DeviceCommand.objects.filter(pk=command.pk).update(payload=command.payload | {"buyer_name": "另一购买方"})
    told = words_of(enter().post(page(scene), {"record": json.dumps(signed(scene, lost))}, follow=True))
    assert "没有据此入账" in told
    assert Invoice.objects.get(pk=lost.pk).state == InvoiceState.IN_DOUBT


@pytest.mark.parametrize("part", ["raw", "signature"])
def test_a_record_that_was_changed_books_nothing(scene: Scene, lost: Invoice, part: str) -> None:
    record = signed(scene, lost)
    record[part] = record[part][:-1] + ("0" if record[part][-1] != "0" else "1")
    answer = enter().post(page(scene), {"record": json.dumps(record)})
    assert "不是这块设备签名的记录" in words_of(answer)
    assert Invoice.objects.get(pk=lost.pk).state == InvoiceState.IN_DOUBT


def test_what_is_written_beside_the_signed_bytes_counts_for_nothing(scene: Scene, lost: Invoice) -> None:
    record = signed(scene, lost)
    told = record | {"number": "00000099", "amount": "1.00", "request_id": "0" * 32, "serial": "999999999999"}
    enter().post(page(scene), {"record": json.dumps(told)})
    found = Invoice.objects.get(pk=lost.pk)
    assert (found.state, found.number, found.amount) == (InvoiceState.ISSUED, record["number"], lost.amount)


def test_a_record_of_another_disk_books_nothing_here(scene: Scene, lost: Invoice, make_scene) -> None:
    other = make_scene()
    issued = other.issue()
    answer = enter().post(page(scene), {"record": json.dumps(signed(other, issued))})
    assert "不是这块设备签名的记录" in words_of(answer)


def test_nobody_else_books_it(scene: Scene, lost: Invoice) -> None:
    data = {"record": json.dumps(signed(scene, lost))}
    assert_closed(page(scene), data, company=scene.taxpayer)
    assert enter(bureau=BureauFactory(xincheng=True)).post(page(scene), data).status_code == 404
    assert Invoice.objects.get(pk=lost.pk).state == InvoiceState.IN_DOUBT


def test_a_post_for_disks_elsewhere_books_nothing_here(scene: Scene, lost: Invoice) -> None:
    here = enter(bureau=scene.taxpayer.bureau, post="auditor")
    OfficerPostFactory(user=here.user, bureau=BureauFactory(xincheng=True))
    assert here.post(page(scene), {"record": json.dumps(signed(scene, lost))}).status_code == 403
    assert Invoice.objects.get(pk=lost.pk).state == InvoiceState.IN_DOUBT
