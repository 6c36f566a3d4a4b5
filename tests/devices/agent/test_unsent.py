"""That nothing was sent is the PC's word only: once it had the request, the disk has the last one."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from devices.errors import CardAbsentError, CardHostUnavailableError, CardOutcomeUnknownError
from devices.models import AgentVisit
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.clearcard.scene import Scene
from tests.devices.agent.pc import Pc
from tests.devices.agent.test_denials import Liar, find, issue, liar, order  # noqa: F401

UNSENT = ["absent", "busy", "no_space", "broken", "stuck", "wrong_card", "breaker", "late"]


@pytest.mark.parametrize("kind", UNSENT)
def test_that_nothing_was_sent_is_not_believed_of_a_pc_whose_disk_signed(liar, kind):  # noqa: F811
    wanted = order()
    liar.lies = {"issue": {"fault": {"kind": kind, "sent": False}}}
    assert isinstance(issue(liar, wanted), CardOutcomeUnknownError)
    liar.lies = {}
    assert find(liar, wanted).request_id == wanted.request_id


@pytest.mark.parametrize(("kind", "told"), [("absent", CardAbsentError), ("late", CardHostUnavailableError)])
def test_that_nothing_was_sent_is_believed_of_a_pc_whose_disk_signs_that_it_did_nothing(liar, kind, told):  # noqa: F811
    honest = liar.answer

    def answer(given: dict) -> dict:
        if given["request"]["steps"][0]["op"] == "issue":
            return {"fault": {"kind": kind, "sent": False}}
        return honest(given)

    liar.answer = answer
    assert isinstance(issue(liar, order()), told)


def test_that_a_visit_never_came_is_not_believed_of_a_pc_that_took_it(liar, monkeypatch):  # noqa: F811
    monkeypatch.setattr("devices.services.agents.visits.TAKE_SECONDS", 3.0)
    polled, taken = liar.pc.poll, []

    def poll(*arguments, **named):
        if taken:
            # The clock of the tests stands still: the visit is older than the hall offers it for.
            AgentVisit.objects.update(created_at=timezone.now() - timedelta(seconds=60))
            polled(*arguments, **named | {"held": []})  # "what you gave me never came"
            return {"work": []}
        for given in polled(*arguments, **named)["work"]:
            liar.answer(given)  # the disk signs
            taken.append(given)
        return {"work": []}

    liar.pc.poll = poll
    told = issue(liar, order())
    assert taken
    assert isinstance(told, CardOutcomeUnknownError)


def test_an_invoice_that_the_disk_signed_is_not_given_back_as_a_draft(
    transactional_db, card_rack, freeze, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    scene, pc = Scene(card_rack, freeze), Pc()
    pc.enrol(scene.membership)
    pc.open()
    company = Liar(pc, scene.device, card_rack)
    company.lies = {"issue": {"fault": {"kind": "absent", "sent": False}}}
    draft = scene.draft()
    services.issue_invoice(actor=scene.user, invoice=draft, key=uuid.uuid4().hex)
    company.serve(services.perform_issue, invoice_id=draft.pk)
    assert Invoice.objects.get(pk=draft.pk).state == InvoiceState.IN_DOUBT, "so it cannot be taken back"
    company.lies = {}
    company.serve(services.perform_issue, invoice_id=draft.pk)
    assert Invoice.objects.get(pk=draft.pk).number, "the disk is read, and what it signed is taken in"
