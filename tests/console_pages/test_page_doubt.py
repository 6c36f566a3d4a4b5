"""An invoice whose disk cannot tell its outcome waits for an officer's evidence, given on a page of the console."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.urls import reverse

from devices.gateway.drivers import OWN_DRIVERS
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.clearcard.scene import Scene
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, enter
from tests.devices.odd_disk import ForgetfulDisk, ForgetfulDriver
from tests.factories.accounts import BureauFactory
from tests.harness.cards import CardRack

pytestmark = pytest.mark.django_db
LIST = reverse("admin:invoice-doubtful")
EVIDENCE = "检测单 JC-2026-0021：设备界面显示最近一张是 10000001，经办人李某"


@pytest.fixture
def forgetful(card_rack: CardRack, make_scene: Callable[..., Scene]) -> Scene:
    """Return a company whose disk cannot tell again what it signed."""
    card_rack.create, card_rack.drivers = ForgetfulDisk.create, (*OWN_DRIVERS, ForgetfulDriver())
    return make_scene()


def lost(scene: Scene, moment: str) -> Invoice:
    """Return an invoice that was sent to the disk and never answered."""
    invoice = scene.draft()
    scene.rack.faults(scene.device).arm({f"vanish_{moment}": True, "on": "ISSUE_INVOICE"})
    services.issue_invoice(actor=scene.user, invoice=invoice, key=uuid.uuid4().hex)
    services.perform_issue(invoice_id=invoice.pk)
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)
    services.resolve_invoice(invoice_id=invoice.pk)
    return invoice


def page(invoice: Invoice) -> str:
    return reverse("admin:invoice-settle", args=[invoice.pk])


def state_of(invoice: Invoice) -> str:
    return str(Invoice.objects.get(pk=invoice.pk).state)


def test_evidence_on_the_page_gives_the_draft_back(forgetful: Scene) -> None:
    invoice, officer = lost(forgetful, "before"), enter()
    assert forgetful.device.serial in words_of(officer.get(LIST))
    assert "认定没有执行" in words_of(officer.get(page(invoice)))
    answer = officer.post(page(invoice), {"evidence": EVIDENCE})
    assert (answer.status_code, state_of(invoice)) == (302, InvoiceState.DRAFT)
    assert "没有等待人工核实的发票" in words_of(officer.get(LIST))
    assert officer.post(page(invoice), {"evidence": EVIDENCE}).status_code == 404, "a second click changes nothing"


def test_a_signature_that_the_hall_does_not_hold_is_not_overruled(forgetful: Scene) -> None:
    invoice, officer = lost(forgetful, "after"), enter()
    answer = officer.post(page(invoice), {"evidence": EVIDENCE})
    assert answer.status_code == 409
    assert "不能认定这张发票没有开具" in words_of(answer)
    assert state_of(invoice) == InvoiceState.IN_DOUBT


def test_too_little_evidence_is_refused_and_stays_in_the_form(forgetful: Scene) -> None:
    invoice = lost(forgetful, "before")
    answer = enter().post(page(invoice), {"evidence": "没有开"})
    assert answer.status_code == 422
    assert "没有开</textarea>" in answer.content.decode()
    assert state_of(invoice) == InvoiceState.IN_DOUBT


def test_nobody_else_sees_or_settles_it(forgetful: Scene) -> None:
    invoice = lost(forgetful, "before")
    assert_closed(LIST, company=forgetful.taxpayer)
    assert_closed(page(invoice), {"evidence": EVIDENCE}, company=forgetful.taxpayer)
    elsewhere = enter(bureau=BureauFactory(xincheng=True))
    assert forgetful.device.serial not in words_of(elsewhere.get(LIST))
    absent = page(Invoice(pk=987_654))
    for send in (elsewhere.get, lambda url: elsewhere.post(url, {"evidence": EVIDENCE})):
        assert send(page(invoice)).status_code == send(absent).status_code == 404
    assert state_of(invoice) == InvoiceState.IN_DOUBT


def test_an_invoice_that_is_being_read_back_is_no_officers_matter(scene: Scene) -> None:
    invoice = scene.draft()
    scene.rack.faults(scene.device).arm({"vanish_after": True, "on": "ISSUE_INVOICE"})
    services.issue_invoice(actor=scene.user, invoice=invoice, key=uuid.uuid4().hex)
    services.perform_issue(invoice_id=invoice.pk)
    assert state_of(invoice) == InvoiceState.IN_DOUBT
    assert enter().get(page(invoice)).status_code == 404
