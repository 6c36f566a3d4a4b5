"""Every request is proved, coded and good once; nothing depends on the clock of the PC."""

from __future__ import annotations

import json

import pytest

from devices import services as device_services
from devices.gateway import pairing
from devices.gateway.pairing import NotTheHallError, Opening, Poll, Proof
from devices.models import Agent
from devices.protocol.profiles import PrivateKey
from tests.devices.agent.pc import Pc, RefusedError

pytestmark = pytest.mark.django_db


def refusal(call, *arguments, **more):
    with pytest.raises(RefusedError) as caught:
        call(*arguments, **more)
    return caught.value.status, caught.value.code


def test_a_proved_request_is_answered(pc):
    told = pc.poll()
    assert told["protocol"] == pairing.PROTOCOL
    assert told["work"] == []
    assert Agent.objects.get().last_contact_at is not None


@pytest.mark.parametrize("what", ["key", "token", "agent", "nonsense"])
def test_whoever_lacks_a_part_learns_nothing(pc, what):
    if what == "key":
        pc.key = PrivateKey.generate()
    if what == "token":
        pc.digest = pairing.token_digest("another")
    if what == "agent":
        pc.agent = "00000000-0000-0000-0000-000000000001"
    if what == "nonsense":
        pc.agent = "nobody"
    assert refusal(pc.poll) == (401, "agent.refused")


def test_a_request_sent_again_is_refused(pc):
    pc.poll()
    endpoint, body, headers = pc.last_post
    status, data, _ = pc.post(endpoint, body, headers)
    assert (status, data["code"]) == (409, "agent.session")


def test_a_changed_body_or_endpoint_is_refused(pc):
    pc.poll()
    _endpoint, body, headers = pc.last_post
    assert pc.post("poll", body + b" ", headers)[0] == 401
    assert pc.post("report", body, headers)[0] == 401


def test_an_older_number_is_refused_even_if_it_was_never_used(pc):
    pc.sequence = 5
    pc.poll()
    pc.sequence = 3
    assert refusal(pc.poll) == (409, "agent.session")


def test_a_new_session_ends_the_one_before(pc):
    copy = Pc()
    copy.key, copy.agent, copy.digest, copy.opening = pc.key, pc.agent, pc.digest, pc.opening
    copy.open()
    assert refusal(pc.poll) == (409, "agent.session")
    assert copy.poll()["work"] == []


def test_a_session_number_is_good_once_and_the_refusal_names_the_last(pc):
    pc.opening -= 1
    with pytest.raises(RefusedError) as caught:
        pc.open()
    assert (caught.value.code, caught.value.data["last"]) == ("agent.session", 1)


def test_a_revoked_pc_gets_no_work(pc, member):
    device_services.revoke_agent(actor=member.user, agent=Agent.objects.get())
    assert refusal(pc.poll) == (403, "agent.revoked")
    assert pc.open()["is_revoked"], "it may still open a session, to report what its disks did"


def test_an_answer_changed_on_the_way_is_not_the_halls(pc):
    proof = Proof(pc.agent, pc.session, 7, "poll")
    body = b'{"work": []}'
    code = pairing.answer_code(pc.digest, proof, 200, body)
    pairing.check_answer(pc.digest, proof, 200, body, code)
    for changed in ((200, b'{"work": [1]}'), (403, body)):
        with pytest.raises(NotTheHallError):
            pairing.check_answer(pc.digest, proof, *changed, code)
    with pytest.raises(NotTheHallError):
        pairing.check_answer(pc.digest, Proof(pc.agent, pc.session, 8, "poll"), 200, body, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"disks": 5}', b'{"disks": [{"serial": 5}]}', b'{"held": {}}'])
def test_nonsense_from_a_proved_pc_is_refused_and_harms_nothing(pc, body):
    pc.sequence += 1
    proof = pairing.sign_request(pc.key, pc.digest, Proof(pc.agent, pc.session, pc.sequence, "poll"), body)
    headers = {pairing.AGENT_HEADER: pc.agent, pairing.PROOF_HEADER: proof.to_header()}
    status, data, _ = pc.post("poll", body, headers)
    assert (status, data["code"]) == (422, "agent.unreadable")
    assert pc.poll()["work"] == []


def test_the_hall_speaks_its_version_and_the_one_before(pc, monkeypatch):
    monkeypatch.setattr(pairing, "PROTOCOL", 2)
    monkeypatch.setattr(pairing.accepted_protocols, "__defaults__", (2,))
    assert pairing.accepted_protocols() == (2, 1)
    assert pc.open()["protocol"] == 1
    assert pc.poll()["protocol"] == 1
    monkeypatch.setattr(pairing.accepted_protocols, "__defaults__", (3,))
    with pytest.raises(RefusedError) as caught:
        pc.open()
    assert (caught.value.code, caught.value.data["protocols"]) == ("agent.protocol", [3, 2])


def test_fields_that_a_later_version_adds_are_passed_over():
    assert Poll.read({"disks": [], "weather": "fine"}) == Poll()
    assert Opening.read(json.loads('{"version": "9", "new": {}}')).version == "9"
