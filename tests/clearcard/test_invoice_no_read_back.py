"""A disk that cannot tell again what it signed: an invoice of unknown outcome is 待核实 and goes to a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from devices import services as device_services
from devices.choices import CommandState
from devices.gateway.drivers import OWN_DRIVERS
from devices.models import DeviceCommand
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.errors import CancelTooLateError, SignedMeanwhileError
from invoicing.models import Invoice
from invoicing.state_words import state_words
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from tests.clearcard.scene import Scene
from tests.devices.odd_disk import ForgetfulDisk, ForgetfulDriver, OddDriver
from tests.factories.accounts import BureauFactory, OfficerFactory, OfficerPostFactory
from tests.harness.cards import CardRack

pytestmark = pytest.mark.django_db
# A driver that says what its disk cannot, and one that leaves it to the disk to say so.
DRIVERS = {"declared": ForgetfulDriver, "undeclared": OddDriver}
EVIDENCE = "检测单 JC-2026-0021：设备界面显示最近一张是 10000001，经办人李某"


@pytest.fixture(params=sorted(DRIVERS))
def forgetful(request: pytest.FixtureRequest, card_rack: CardRack, make_scene: Callable[..., Scene]) -> Scene:
    """A company with a disk that has no read-back of what it signed."""
    card_rack.create, card_rack.drivers = ForgetfulDisk.create, (*OWN_DRIVERS, DRIVERS[request.param]())
    return make_scene()


def lose(scene: Scene, act: Callable[[], Invoice], moment: str, command: str) -> Invoice:
    """Let the disk vanish in the middle of an act, put it back, and let the hall look as often as it likes."""
    scene.rack.faults(scene.device).arm({f"vanish_{moment}": True, "on": command})
    invoice = act()
    assert Invoice.objects.get(pk=invoice.pk).state == InvoiceState.IN_DOUBT
    scene.rack.pull(scene.device)
    scene.rack.insert(scene.device)
    scene.rack.unlock(scene.device)
    for _ in range(3):
        DeviceCommand.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        services.wake_invoices(device_id=scene.device.pk)
        services.sweep_invoices()
        services.resolve_invoice(invoice_id=invoice.pk)
        device_services.read_device(actor=None, device=scene.device)
    return Invoice.objects.get(pk=invoice.pk)


def lose_an_issue(scene: Scene, moment: str) -> Invoice:
    """Send an invoice to a disk that vanishes."""
    draft = scene.draft()

    def act() -> Invoice:
        services.issue_invoice(actor=scene.user, invoice=draft, key=uuid.uuid4().hex)
        services.perform_issue(invoice_id=draft.pk)
        return draft

    return lose(scene, act, moment, "ISSUE_INVOICE")


def sent(scene: Scene, op: str) -> int:
    """Return how often something was handed to the disk."""
    return sum(step["op"] == op for request in scene.rack.requests for step in request.steps)


def require_waits_for_a_person(invoice: Invoice, kind: str) -> None:
    """Expect 待核实 in words that promise nothing the hall cannot do, and nobody to try again."""
    command = DeviceCommand.objects.get(kind=kind)
    words = state_words(invoice)
    assert (command.state, command.error_code) == (CommandState.MANUAL, "invoice.no_read_back")
    assert (invoice.state, words.word, invoice.error_code) == (
        InvoiceState.IN_DOUBT,
        "待核实",
        "invoice.no_read_back",
    )
    assert "不作推测" in words.sentence
    assert "自动" not in words.sentence + words.next_step, "nothing happens by itself any more"
    assert "办税服务厅" in words.next_step


@pytest.mark.parametrize(("moment", "counter"), [("before", 0), ("after", 1)])
def test_an_issue_of_unknown_outcome_is_neither_guessed_nor_sent_again(
    forgetful: Scene, moment: str, counter: int
) -> None:
    invoice = lose_an_issue(forgetful, moment)
    require_waits_for_a_person(invoice, "issue")
    assert invoice.number == ""
    assert sent(forgetful, "issue") == 1
    assert device_services.read_card(device=forgetful.device).status.sign_counter == counter


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_void_of_unknown_outcome_is_neither_guessed_nor_sent_again(forgetful: Scene, moment: str) -> None:
    issued = forgetful.issue()

    def act() -> Invoice:
        services.void_invoice(actor=forgetful.user, invoice=issued, reason="开错金额", number=issued.number)
        services.perform_void(invoice_id=issued.pk)
        return issued

    invoice = lose(forgetful, act, moment, "VOID_INVOICE")
    require_waits_for_a_person(invoice, "void")
    assert (invoice.number, sent(forgetful, "void")) == (issued.number, 1)


def test_the_person_who_waits_cannot_take_the_order_back(forgetful: Scene) -> None:
    invoice = lose_an_issue(forgetful, "after")
    with pytest.raises(CancelTooLateError):
        services.cancel_issue(actor=forgetful.user, invoice=invoice)
    assert Invoice.objects.get(pk=invoice.pk).state == InvoiceState.IN_DOUBT


def test_an_officer_with_evidence_gives_the_draft_back_and_it_is_issued_once(forgetful: Scene) -> None:
    forgetful.issue()
    invoice = lose_an_issue(forgetful, "before")
    # Work goes on meanwhile: what the hall holds explains the counter.
    forgetful.issue("300.00")
    services.settle_as_never_signed(actor=OfficerFactory(), invoice=invoice, evidence=EVIDENCE)
    back = Invoice.objects.get(pk=invoice.pk)
    assert (back.state, back.error_code) == (InvoiceState.DRAFT, "invoice.not_signed")
    assert AuditEvent.objects.get(action="invoicing.settled_by_person").data["evidence"] == EVIDENCE
    with pytest.raises(ConflictError):
        services.settle_as_never_signed(actor=OfficerFactory(), invoice=invoice, evidence=EVIDENCE)
    services.issue_invoice(actor=forgetful.user, invoice=back, key=uuid.uuid4().hex)
    services.perform_issue(invoice_id=back.pk)
    assert Invoice.objects.get(pk=invoice.pk).state == InvoiceState.ISSUED
    assert device_services.read_card(device=forgetful.device).status.sign_counter == 3


def test_an_officer_cannot_overrule_a_signature_that_the_hall_does_not_hold(forgetful: Scene) -> None:
    invoice = lose_an_issue(forgetful, "after")
    with pytest.raises(SignedMeanwhileError):
        services.settle_as_never_signed(actor=OfficerFactory(), invoice=invoice, evidence=EVIDENCE)
    require_waits_for_a_person(Invoice.objects.get(pk=invoice.pk), "issue")


def test_only_an_officer_of_the_district_settles_it_and_only_with_evidence(forgetful: Scene) -> None:
    invoice = lose_an_issue(forgetful, "before")
    # Sees the district as its auditor, and holds a post for disks elsewhere.
    both = OfficerPostFactory(auditor=True, bureau=forgetful.taxpayer.bureau).user
    elsewhere = BureauFactory(xincheng=True)
    OfficerPostFactory(user=both, bureau=elsewhere)
    for stranger in (forgetful.user, OfficerFactory(bureau=elsewhere), both):
        with pytest.raises(NotPermittedError):
            services.settle_as_never_signed(actor=stranger, invoice=invoice, evidence=EVIDENCE)
    with pytest.raises(InvalidInputError):
        services.settle_as_never_signed(actor=OfficerFactory(), invoice=invoice, evidence="没有开")
    require_waits_for_a_person(Invoice.objects.get(pk=invoice.pk), "issue")
