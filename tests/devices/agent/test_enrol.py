"""Letting a PC in: a code for one use and ten minutes, bound to a key, counted when guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from devices import services as device_services
from devices.gateway import pairing
from devices.models import Agent, AgentCode
from devices.protocol.profiles import PrivateKey
from taxhall.common.errors import ConflictError, NotPermittedError
from tests.devices.agent.pc import Pc, RefusedError
from tests.factories.accounts import MembershipFactory

pytestmark = pytest.mark.django_db


def make_code(member) -> str:
    return device_services.create_agent_code(actor=member.user, taxpayer=member.taxpayer)[0]


def test_a_code_lets_one_pc_in_and_both_acts_are_in_the_audit_trail(member):
    agent = Pc().enrol(member)
    assert (agent.taxpayer, agent.name, agent.enrolled_by) == (member.taxpayer, "财务室电脑", member.user)
    actions = set(AuditEvent.objects.filter(taxpayer=member.taxpayer).values_list("action", flat=True))
    assert {"devices.agent_code_created", "devices.agent_enrolled"} <= actions


def test_neither_code_nor_token_is_kept(member):
    code = make_code(member)
    pc = Pc()
    pc.enrol_with(code)
    kept = str([*AgentCode.objects.values(), *Agent.objects.values(), *AuditEvent.objects.values()])
    assert code not in kept
    assert pairing.plain_code(code) not in kept
    assert Agent.objects.get().token_digest == pc.digest


def test_a_code_is_typed_as_people_type(member):
    code = make_code(member)
    assert Pc().enrol_with(f" {code.lower().replace('-', ' ')} ".replace("0", "o").replace("1", "l")).pk


@pytest.mark.parametrize("how", ["used", "old", "wrong", "superseded", "right withdrawn"])
def test_a_code_that_is_not_good_lets_nobody_in_and_does_not_say_why(member, how):
    code = make_code(member)
    if how == "used":
        Pc().enrol_with(code)
    if how == "old":
        AgentCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    if how == "wrong":
        code = "AAAAA-AAAAA"
    if how == "superseded":
        make_code(member)
    if how == "right withdrawn":
        member.is_active = False
        member.save()
    before = Agent.objects.count()
    with pytest.raises(RefusedError) as caught:
        Pc().enrol_with(code)
    assert (caught.value.status, caught.value.code) == (403, "agent.code_refused")
    assert Agent.objects.count() == before
    assert AuditEvent.objects.filter(action="devices.agent_code_refused").exists()


def test_a_code_overheard_does_not_bind_a_key_that_did_not_sign_it(member):
    code = make_code(member)
    pc = Pc()
    other = PrivateKey.generate().public_key.spki.hex()
    with pytest.raises(RefusedError) as caught:
        pc.enrol_with(code, public_key=other)
    assert caught.value.code == "agent.code_refused"
    assert pc.enrol_with(code).pk, "the code is still good for its owner"


def test_ten_wrong_codes_from_one_network_and_the_next_waits(member):
    for _ in range(10):
        with pytest.raises(RefusedError):
            Pc().enrol_with("AAAAA-AAAAA")
    code = make_code(member)
    with pytest.raises(RefusedError) as caught:
        Pc().enrol_with(code)
    assert (caught.value.status, caught.value.code) == (429, "accounts.guessing_paused")
    assert not Agent.objects.exists()


def test_a_company_makes_ten_codes_an_hour(member):
    for _ in range(10):
        make_code(member)
    with pytest.raises(ConflictError, match="太多"):
        make_code(member)


def test_an_issuer_binds_no_pc(member):
    issuer = MembershipFactory(taxpayer=member.taxpayer, issuer=True)
    with pytest.raises(NotPermittedError):
        make_code(issuer)


def test_a_pc_of_a_version_nobody_speaks_is_told_which_are_spoken(member):
    pc = Pc()
    pc.protocol = 99
    with pytest.raises(RefusedError) as caught:
        pc.enrol_with(make_code(member))
    assert caught.value.code == "agent.protocol"
    assert caught.value.data["protocols"] == list(pairing.accepted_protocols())
