"""Visits: one per disk at a time, under a number that grows, withdrawn or overdue but never forgotten."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from devices import services as device_services
from devices.choices import VisitState
from devices.errors import (
    CardAbsentError,
    CardHostUnavailableError,
    CardOutcomeUnknownError,
    CardRefusedError,
    PinAtAgentError,
)
from devices.gateway.wire import CardRequest
from devices.models import Agent, AgentVisit
from devices.services.agents import visits
from devices.services.host import visit as visit_disk
from tests.devices.agent.pc import RefusedError

STATUS = {"op": "status"}


@pytest.fixture
def held(transactional_db, pc, disk, card_rack):
    """Return a PC that holds the company's disk."""
    pc.hold(disk, card_rack)
    return pc


@pytest.fixture
def quick(monkeypatch):
    """Let waiting end within a second."""
    monkeypatch.setattr(visits, "TAKE_SECONDS", 0.4)
    monkeypatch.setattr(visits, "patience_of", lambda _request: 0.4)


def offer(disk, *steps) -> AgentVisit:
    place = device_services.find_place(disk.serial)
    return visits.offer_visit(place=place, request=CardRequest(serial=disk.serial, steps=steps or (STATUS,)))


@contextmanager
def asking(disk, *steps, **more):
    """Ask the disk in a thread of its own, as a worker does; yield the list that gets the outcome."""
    outcome = []

    def work():
        try:
            outcome.append(visit_disk(disk, *steps, deadline=1.0, **more))
        except Exception as error:  # noqa: BLE001  (whatever it is, the test looks at it)
            outcome.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield outcome
    thread.join(20)
    assert not thread.is_alive()


def poll_until_work(pc, disk):
    pause = threading.Event()
    for _ in range(100):
        if work := pc.poll(pc.claim(disk))["work"]:
            return work[0]
        pause.wait(0.05)
    raise AssertionError("no work came")


def carry(work, card_rack, disk):
    """Do the work as the agent would and return the answer."""
    request = CardRequest.from_json({**work["request"], "certificate": disk.certificate})
    return card_rack.exchange(request).to_json()


def test_a_visit_goes_through_the_pc_and_comes_back_as_from_any_reader(held, disk, card_rack):
    with asking(disk, STATUS) as outcome:
        work = poll_until_work(held, disk)
        assert held.report(work, carry(work, card_rack, disk)) == "taken"
    (answer,) = outcome
    assert answer.results[0]["serial"] == disk.serial
    assert AgentVisit.objects.get().state == VisitState.ANSWERED


def test_a_visit_that_nobody_takes_is_withdrawn_and_nothing_was_sent(held, disk, quick):
    with asking(disk, {"op": "issue", "order": {}}) as outcome:
        pass
    assert isinstance(outcome[0], CardHostUnavailableError)
    assert outcome[0].code == "disk.agent_busy"
    assert AgentVisit.objects.get().state == VisitState.WITHDRAWN
    assert held.poll(held.claim(disk))["work"] == []


@pytest.mark.parametrize(
    ("step", "expected"),
    [({"op": "issue", "order": {}}, CardOutcomeUnknownError), (STATUS, CardHostUnavailableError)],
)
def test_a_visit_that_was_taken_and_not_answered_is_in_doubt_when_it_changes(held, disk, quick, step, expected):
    with asking(disk, step) as outcome:
        poll_until_work(held, disk)
        held.poll(held.claim(disk), held=[str(AgentVisit.objects.get().pk)])
    assert type(outcome[0]) is expected
    assert AgentVisit.objects.get().state == VisitState.OVERDUE


@pytest.mark.django_db
def test_work_that_never_reached_the_pc_is_offered_again_under_a_higher_number(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    offer(disk)
    (first,) = pc.poll(pc.claim(disk))["work"]
    (again,) = pc.poll(pc.claim(disk))["work"]
    assert (again["visit"], again["fencing"]) == (first["visit"], first["fencing"] + 1)
    assert pc.poll(pc.claim(disk), held=[again["visit"]])["work"] == []


@pytest.mark.django_db
def test_a_disk_is_visited_by_one_at_a_time(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    offer(disk)
    second = offer(disk)
    (work,) = pc.poll(pc.claim(disk))["work"]
    assert pc.poll(pc.claim(disk), held=[work["visit"]])["work"] == []
    pc.report(work, carry(work, card_rack, disk))
    assert [each["visit"] for each in pc.poll(pc.claim(disk))["work"]] == [str(second.pk)]


@pytest.mark.django_db
def test_an_older_number_brings_no_answer(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    offer(disk)
    (first,) = pc.poll(pc.claim(disk))["work"]
    answer = carry(first, card_rack, disk)
    pc.poll(pc.claim(disk))
    assert pc.report(first, answer) == "evidence"
    assert AgentVisit.objects.get().state == VisitState.TAKEN


@pytest.mark.django_db
def test_a_report_sent_again_changes_nothing(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    offer(disk)
    (work,) = pc.poll(pc.claim(disk))["work"]
    answer = carry(work, card_rack, disk)
    assert pc.report(work, answer) == "taken"
    kept = AgentVisit.objects.values().get()
    assert pc.report(work, answer) == "repeated"
    assert AgentVisit.objects.values().get() == kept


@pytest.mark.django_db
def test_a_pc_that_lost_the_disk_gets_no_work_for_it(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    offer(disk)
    assert pc.poll()["work"] == []


@pytest.mark.django_db
def test_another_pc_answers_no_visit_that_is_not_its_own(pc, disk, card_rack, member):
    from tests.devices.agent.pc import Pc

    pc.hold(disk, card_rack)
    offer(disk)
    (work,) = pc.poll(pc.claim(disk))["work"]
    other = Pc()
    other.enrol(member)
    other.open()
    with pytest.raises(RefusedError) as caught:
        other.report(work, {"results": []})
    assert caught.value.status == 404
    assert AgentVisit.objects.get().state == VisitState.TAKEN


@pytest.mark.django_db
def test_a_visit_of_a_worker_that_died_does_not_hold_the_disk_for_ever(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    offer(disk)
    (work,) = pc.poll(pc.claim(disk))["work"]
    AgentVisit.objects.update(taken_at=timezone.now() - timedelta(minutes=3))
    later = offer(disk)
    (next_work,) = pc.poll(pc.claim(disk), held=[work["visit"]])["work"]
    assert next_work["visit"] == str(later.pk)


def test_a_pin_never_travels_to_a_pc(held, disk):
    with pytest.raises(PinAtAgentError):
        visit_disk(disk, {"op": "pin_tries"}, deadline=1.0, pin="24681357")
    with pytest.raises(ValueError, match="PIN"):
        visits.offer_visit(
            place=device_services.find_place(disk.serial), request=CardRequest(serial=disk.serial, pin="24681357")
        )
    assert not AgentVisit.objects.exists()


def test_a_pc_that_is_silent_is_told_apart_from_a_disk_that_is_nowhere(held, disk, card_rack):
    card_rack.pull(disk)
    Agent.objects.update(last_contact_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(CardAbsentError) as caught:
        visit_disk(disk, STATUS, deadline=1.0)
    assert caught.value.code == "disk.agent_silent"
    card_rack.insert(disk)
    assert visit_disk(disk, STATUS, deadline=1.0).results, "the disk was brought to the hall's own reader"


def test_a_refused_invoice_is_believed_only_with_the_disks_own_word(held, disk, card_rack):
    step = {"op": "issue", "order": {}}
    refusal = {"fault": {"kind": "refused", "code": "disk.over_limit", "status_word": 0x9C02}}
    with asking(disk, step) as outcome:
        held.report(poll_until_work(held, disk), refusal)
        held.report(poll_until_work(held, disk), refusal)
    assert isinstance(outcome[0], CardOutcomeUnknownError)
    with asking(disk, step) as outcome:
        held.report(poll_until_work(held, disk), refusal)
        look = poll_until_work(held, disk)
        assert look["request"]["steps"][0]["op"] == "status"
        held.report(look, card_rack.exchange(CardRequest.from_json(look["request"])).to_json())
    assert isinstance(outcome[0], CardRefusedError)
    assert outcome[0].code == "disk.over_limit"


@pytest.mark.django_db
def test_the_database_knows_the_ways_of_a_visit(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    visit = offer(disk)
    visits.withdraw_visit(visit)
    for state in (VisitState.TAKEN, VisitState.WAITING, VisitState.OVERDUE):
        with pytest.raises(DatabaseError, match="not allowed"), transaction.atomic():
            AgentVisit.objects.update(state=state)


@pytest.mark.django_db
def test_a_report_about_a_visit_nobody_knows_is_kept(pc, disk, card_rack):
    request = CardRequest(serial=disk.serial, certificate=disk.certificate, steps=(STATUS,))
    work = {"visit": str(uuid.uuid4()), "fencing": 3, "request": request.to_json()}
    assert pc.report(work, card_rack.exchange(request).to_json()) == "evidence"
    assert pc.report(work, card_rack.exchange(request).to_json()) == "evidence"
    kept = AgentVisit.objects.get()
    assert (str(kept.pk), kept.state, kept.is_late) == (work["visit"], VisitState.ANSWERED, True)
