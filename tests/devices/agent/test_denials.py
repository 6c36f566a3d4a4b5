"""A PC that says "the disk did nothing" is believed only when the disk's own signatures say so too."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from devices import services as device_services
from devices.errors import CardHostUnavailableError, CardOutcomeUnknownError, CardRefusedError, DiskError
from devices.gateway.wire import CardRequest
from devices.models import AgentVisit, Device
from devices.protocol.messages import InvoiceOrder
from taxhall.common import clock
from tests.devices.disks import make_order

REFUSAL = {"fault": {"kind": "refused", "code": "disk.over_limit", "status_word": 0x9C02}}
PATIENCE = 20.0


class Liar:
    """The company's PC: does what it is asked, but for what it lies about."""

    def __init__(self, pc, disk, card_rack) -> None:
        self.pc, self.disk, self.rack = pc, disk, card_rack
        self.lies: dict[str, dict] = {}
        pc.hold(disk, card_rack)
        card_rack.unlock(disk)

    def serve(self, ask, *arguments, **named):
        """Let the hall ask in a thread of its own while this PC serves it; return what came of it."""
        outcome: list = []

        def work() -> None:
            try:
                outcome.append(ask(*arguments, **named))
            except DiskError as error:
                outcome.append(error)
            finally:
                connection.close()

        thread, pause = threading.Thread(target=work), threading.Event()
        thread.start()
        for _ in range(int(PATIENCE / 0.05)):
            for given in self.pc.poll(self.pc.claim(self.disk))["work"]:
                self.pc.report(given, self.answer(given))
            if not thread.is_alive():
                break
            pause.wait(0.05)
        thread.join(PATIENCE)
        (found,) = outcome
        return found

    def answer(self, given: dict) -> dict:
        """Carry a visit to the disk, whatever is said about it afterwards."""
        request = CardRequest.from_json(given["request"])
        answer = self.rack.exchange(request).to_json()
        for step in request.steps:
            if step["op"] in self.lies:
                return self.lies[step["op"]]
        return answer


@pytest.fixture
def liar(transactional_db, pc, disk, card_rack, frozen_day) -> Liar:
    device_services.read_device(actor=None, device=disk)
    return Liar(pc, disk, card_rack)


def order(kind: str = "007") -> InvoiceOrder:
    return make_order(lambda: clock.now().replace(microsecond=0), kind=kind)


def issue(liar: Liar, wanted: InvoiceOrder):
    return liar.serve(device_services.issue_on_card, device=fresh(liar), order=wanted)


def find(liar: Liar, wanted: InvoiceOrder):
    return liar.serve(device_services.find_on_card, device=fresh(liar), request_id=wanted.request_id)


def fresh(liar: Liar) -> Device:
    return Device.objects.select_related("taxpayer").get(pk=liar.disk.pk)


def test_a_refusal_that_the_disk_never_gave_leaves_the_invoice_in_doubt(liar):
    wanted = order()
    liar.lies = {"issue": REFUSAL}
    assert isinstance(issue(liar, wanted), CardOutcomeUnknownError)
    liar.lies = {}
    assert find(liar, wanted).request_id == wanted.request_id


def test_a_refusal_that_the_disk_did_give_is_believed(liar):
    refused = issue(liar, order(kind="005"))
    assert isinstance(refused, CardRefusedError)
    assert refused.code == "disk.kind_not_authorised"


def test_a_state_from_before_the_disk_acted_does_not_prove_that_it_did_not(liar):
    before = liar.rack.exchange(
        CardRequest(
            serial=liar.disk.serial, certificate=liar.disk.certificate, steps=({"op": "status", "nonce": "07" * 32},)
        )
    ).to_json()
    liar.lies = {"issue": REFUSAL, "status": before}
    assert isinstance(issue(liar, order()), CardOutcomeUnknownError)


def test_a_pc_that_falls_silent_after_its_refusal_proves_nothing(liar, monkeypatch):
    monkeypatch.setattr("devices.services.agents.visits.TAKE_SECONDS", 0.3)
    wanted, carried = order(), []
    honest = liar.answer
    liar.lies = {"issue": REFUSAL}

    def answer(given: dict) -> dict:
        carried.append(given["visit"])
        return honest(given)

    liar.answer = answer
    polled = liar.pc.poll
    liar.pc.poll = lambda *arguments, **named: {"work": []} if carried else polled(*arguments, **named)
    assert isinstance(issue(liar, wanted), CardOutcomeUnknownError), "the disk signed; nothing else may be said"
    assert len(carried) == 1


def test_a_reading_while_the_pc_holds_the_order_does_not_make_its_signature_known(liar):
    liar.lies = {"issue": REFUSAL}
    honest = liar.answer

    def answer(given: dict) -> dict:
        told = honest(given)
        if given["request"]["steps"][0]["op"] == "issue":
            # Somebody reads the disk at this very moment, and the ledger learns the new count.
            Device.objects.filter(pk=liar.disk.pk).update(sign_counter=1)
        return told

    liar.answer = answer
    assert isinstance(issue(liar, order()), CardOutcomeUnknownError)


@pytest.mark.parametrize("lie", ["the look-up", "the look-up and the records"])
def test_a_record_that_is_denied_is_not_taken_for_absent(liar, lie):
    wanted = order()
    issue(liar, wanted)
    liar.lies = {"find_signed": {"results": [None]}}
    if lie.endswith("records"):
        liar.lies["signed"] = REFUSAL
    denied = find(liar, wanted)
    assert isinstance(denied, CardHostUnavailableError)
    assert denied.code == "disk.denial_unproved"


@pytest.mark.parametrize("code", ["disk.no_read_back", "disk.unsupported"])
def test_that_the_disk_cannot_look_up_is_not_believed_of_a_pc(liar, code):
    wanted = order()
    issue(liar, wanted)
    liar.lies = {"find_signed": {"fault": {"kind": "refused", "code": code, "status_word": 0x6D00}}}
    told = find(liar, wanted)
    assert isinstance(told, CardHostUnavailableError)
    assert told.code == "disk.denial_unproved"


def test_an_old_state_of_the_disk_proves_nothing(liar):
    old = liar.rack.exchange(
        CardRequest(
            serial=liar.disk.serial, certificate=liar.disk.certificate, steps=({"op": "status", "nonce": "07" * 32},)
        )
    ).to_json()
    wanted = order()
    issue(liar, wanted)
    liar.lies = {"find_signed": {"results": [None]}, "status": old}
    assert isinstance(find(liar, wanted), CardHostUnavailableError)


def test_what_the_disk_never_signed_is_absent_even_beside_records_that_the_hall_does_not_hold(liar):
    issue(liar, order())
    assert find(liar, order()) is None
    assert fresh(liar).sign_counter == 1
    assert fresh(liar).authorisations.get(invoice_kind="007").next_number == 10000002, "the stock of the same look"
    # What was looked through makes the next refusal provable.
    assert isinstance(issue(liar, order(kind="005")), CardRefusedError)


def test_too_many_unknown_records_are_left_to_an_upload(liar, monkeypatch):
    monkeypatch.setattr("devices.services.agents.denials.MOST_RECORDS", 1)
    issue(liar, order())
    issue(liar, order())
    assert isinstance(find(liar, order()), CardHostUnavailableError)
    assert not AgentVisit.objects.filter(state__in=["taken", "waiting"]).exists()


def test_a_record_that_only_the_disk_calls_acknowledged_is_not_taken_for_held(liar):
    """A database that was set back: the disk was told that its record is uploaded, and the hall has lost it."""
    wanted = order()
    issue(liar, wanted)
    Device.objects.filter(pk=liar.disk.pk).update(uploaded_through=1, sign_counter=1)
    liar.lies = {"find_signed": {"results": [None]}}
    assert isinstance(find(liar, wanted), CardHostUnavailableError)
