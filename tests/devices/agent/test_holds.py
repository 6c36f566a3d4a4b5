"""A disk is where it proved to be: by a fresh signature over the hall's nonce, and by nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent
from devices import services as device_services
from devices.errors import AgentRevokedError
from devices.models import Agent, AgentDisk
from devices.services.agents import holds
from devices.signals import disk_ready
from taxhall.common.errors import NotPermittedError
from tests.devices.agent.pc import Pc
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db


def holder(disk) -> Agent | None:
    place = device_services.find_place(disk.serial)
    return place.agent if place else None


@pytest.fixture
def second(member) -> Pc:
    pc = Pc()
    pc.enrol(member)
    pc.open()
    return pc


def test_a_disk_that_signs_the_nonce_is_held_and_the_act_is_audited(pc, disk, card_rack):
    told = pc.hold(disk, card_rack)
    assert told["holds"] == {disk.serial: 1}
    assert holder(disk) == Agent.objects.get()
    assert AuditEvent.objects.filter(action="devices.disk_proved_at_agent").count() == 1
    pc.poll(pc.claim(disk))
    assert AuditEvent.objects.filter(action="devices.disk_proved_at_agent").count() == 1


def test_naming_a_disk_is_not_having_it(pc, disk):
    told = pc.poll(pc.claim(disk))
    assert [each["serial"] for each in told["challenges"]] == [disk.serial]
    pc.poll(pc.claim(disk, hold=1))
    assert holder(disk) is None


@pytest.mark.parametrize("how", ["other nonce", "other disk", "old", "twice", "nonsense", "empty"])
def test_a_proof_that_is_not_one_holds_nothing(pc, disk, card_rack, member, how):
    (challenge,) = pc.poll(pc.claim(disk))["challenges"]
    proof = pc.prove(disk, card_rack, challenge["nonce"])
    if how == "other nonce":
        proof = pc.prove(disk, card_rack, "00" * 32)
    if how == "other disk":
        other = DeviceFactory(taxpayer=member.taxpayer)
        card_rack.add(other)
        proof = {**pc.prove(other, card_rack, challenge["nonce"]), "serial": disk.serial}
    if how == "old":
        AgentDisk.objects.update(nonce_at=timezone.now() - timedelta(seconds=61))
    if how == "twice":
        pc.poll(pc.claim(disk), proofs=[proof])
        pc.poll()
    if how == "nonsense":
        proof = {"serial": disk.serial, "answer": {"raw": "zz", "signature": 5}}
    if how == "empty":
        proof = {"serial": disk.serial, "answer": None}
    pc.holds = {}
    pc.poll(pc.claim(disk), proofs=[proof])
    assert holder(disk) is None


def test_another_companys_disk_is_neither_held_nor_known(pc, card_rack):
    stranger = DeviceFactory()
    card_rack.add(stranger)
    told = pc.poll(pc.claim(stranger))
    assert (told["challenges"], told["holds"]) == ([], {})


def test_a_disk_no_longer_named_is_let_go(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    pc.poll()
    assert holder(disk) is None


def test_a_new_session_proves_its_disks_anew(pc, disk, card_rack):
    pc.hold(disk, card_rack)
    pc.open()
    pc.holds = {}
    assert pc.poll(pc.claim(disk))["challenges"]
    assert holder(disk) is None


def test_the_disk_goes_to_who_proved_it_last_and_the_other_must_prove_again(pc, second, disk, card_rack):
    pc.hold(disk, card_rack)
    second.hold(disk, card_rack)
    assert holder(disk).pk.hex == second.agent.replace("-", "")
    assert second.holds[disk.serial] == 2
    told = pc.poll(pc.claim(disk))
    assert told["holds"] == {}
    assert told["challenges"]
    assert holder(disk).pk.hex == second.agent.replace("-", "")


def test_two_holders_of_one_disk_are_refused_by_the_database(pc, second, disk, card_rack):
    pc.hold(disk, card_rack)
    row = AgentDisk(agent_id=second.agent, device=disk, is_held=True, hold=9, proved_at=timezone.now())
    with pytest.raises(IntegrityError, match="devices_agentdisk_one_holder"), transaction.atomic():
        row.save()


def test_revoking_lets_go_of_every_disk(pc, disk, card_rack, member):
    pc.hold(disk, card_rack)
    device_services.revoke_agent(actor=member.user, agent=Agent.objects.get())
    assert holder(disk) is None


def test_an_outsider_revokes_nothing(pc):
    outsider = MembershipFactory(finance=True)
    with pytest.raises(NotPermittedError):
        device_services.revoke_agent(actor=outsider.user, agent=Agent.objects.get())
    assert not Agent.objects.get().is_revoked


def test_the_pin_given_at_the_pc_tells_who_waits_for_the_disk(pc, disk, card_rack, django_capture_on_commit_callbacks):
    heard = []

    def listen(**news):
        heard.append((news["device"].serial, news["is_unlocked"]))

    disk_ready.connect(listen)
    try:
        pc.hold(disk, card_rack)
        with django_capture_on_commit_callbacks(execute=True):
            pc.poll(pc.claim(disk, is_unlocked=True))
        with django_capture_on_commit_callbacks(execute=True):
            pc.poll(pc.claim(disk, is_unlocked=True))
    finally:
        disk_ready.disconnect(listen)
    assert heard == [(disk.serial, True)]
    assert device_services.is_unlocked(disk)


@pytest.mark.parametrize("act", ["keep_disks", "take_visits"])
def test_a_right_taken_away_while_a_request_is_under_way_gives_nothing(pc, disk, card_rack, member, act):
    pc.hold(disk, card_rack)
    agent = Agent.objects.get()
    device_services.revoke_agent(actor=member.user, agent=Agent.objects.get())
    asked = {"keep_disks": {"claims": [], "proofs": []}, "take_visits": {"held": []}}[act]
    with pytest.raises(AgentRevokedError):
        getattr(device_services, act)(agent=agent, **asked)
    assert holder(disk) is None


def test_a_hold_lost_while_a_request_is_under_way_is_not_written_back(pc, disk, card_rack, second, monkeypatch):
    told = pc.hold(disk, card_rack)
    second.poll(second.claim(disk))
    other = AgentDisk.objects.exclude(is_held=True)

    def lost_meanwhile(row, *, is_unlocked: bool) -> None:
        AgentDisk.objects.filter(pk=row.pk).update(is_held=False)
        other.filter(device=disk).exclude(pk=row.pk).update(is_held=True, hold=9, proved_at=timezone.now())

    with monkeypatch.context() as patched:
        patched.setattr(holds, "_note_unlocked", lost_meanwhile)
        pc.poll(pc.claim(disk, hold=told["holds"][disk.serial]))
    assert AgentDisk.objects.get(is_held=True).hold == 9
