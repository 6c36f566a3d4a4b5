"""Changing the PIN through the hall, and reading the log of a disk whole."""

from __future__ import annotations

import pytest

from accounts.models import AuditEvent
from devices import services
from devices.errors import CardNotReadError, CardOutcomeUnknownError, CardRefusedError
from devices.protocol.messages import DiskLog
from taxhall.common.errors import NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.cards import PIN

pytestmark = pytest.mark.django_db
NEW = "13579135"


@pytest.fixture
def device(frozen_day, card_rack):
    device = DeviceFactory(period=TaxPeriod.month(2026, 10))
    card_rack.add(device)
    card_rack.unlock(device)
    return device


@pytest.fixture
def member(device):
    return MembershipFactory(taxpayer=device.taxpayer, issuer=True).user


def change(member, device, old=PIN, new=NEW):
    services.change_card_pin(actor=member, device=device, old_pin=old, new_pin=new)


def test_the_pin_is_changed_and_neither_is_written_anywhere(device, member):
    change(member, device)
    assert services.unlock_card(actor=member, device=device, pin=NEW) == 8
    events = AuditEvent.objects.filter(action="devices.pin_changed", actor=member)
    assert [event.data for event in events] == [{"outcome": "changed", "tries_left": 8}]


def test_a_wrong_old_pin_is_told_with_the_tries_left_and_not_tried_again(device, member, card_rack):
    before = len(card_rack.requests)
    with pytest.raises(CardRefusedError) as caught:
        change(member, device, old="000000")
    assert (caught.value.code, caught.value.tries_left) == ("disk.pin_wrong", 7)
    assert len(card_rack.requests) == before + 1
    device.refresh_from_db()
    assert device.pin_tries == 7


def test_the_same_pin_again_is_refused(device, member):
    with pytest.raises(CardRefusedError) as caught:
        change(member, device, new=PIN)
    assert caught.value.code == "disk.pin_unchanged"


def test_a_lost_answer_is_told_as_not_known(device, member, card_rack):
    card_rack.faults(device).arm({"vanish_after": True, "on": "CHANGE_PIN"})
    with pytest.raises(CardOutcomeUnknownError) as caught:
        change(member, device)
    assert caught.value.code == "disk.pin_change_unknown"
    card_rack.insert(device)
    assert services.unlock_card(actor=member, device=device, pin=NEW) == 8


def test_outsiders_change_nothing(device):
    with pytest.raises(NotPermittedError):
        change(MembershipFactory(legal=True).user, device)


def test_the_log_is_read_whole_over_several_stretches(device, card_rack):
    for _ in range(60):
        card_rack.issue(device, ("1", "1.00", "0.01"))
    entries = services.read_log(device=device)
    assert [entry.number for entry in entries] == list(range(1, 61))
    assert {entry.event for entry in entries} == {"invoice_issued"}
    assert [entry.number for entry in services.read_log(device=device, first=58)] == [58, 59, 60]


def test_stretches_that_do_not_join_are_not_believed(device, card_rack, monkeypatch):
    for _ in range(60):
        card_rack.issue(device, ("1", "1.00", "0.01"))
    monkeypatch.setattr(DiskLog, "end_digest", property(lambda _: "00" * 32))
    monkeypatch.setattr(DiskLog, "is_whole", property(lambda _: True))
    with pytest.raises(CardNotReadError):
        services.read_log(device=device)
