"""演练: a trainer hurts a virtual disk from a page, in a demo alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import AuditEvent
from devices.services import practice
from tests.devices.card_hosts import FIRST, SECOND, running_house
from tests.factories.accounts import BureauFactory, OfficerFactory
from tests.factories.devices import DeviceFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
PAGE = "admin:practice"


@pytest.fixture
def house(tmp_path, settings):
    settings.HALL_DEMO = True
    with running_house(tmp_path, "memory") as house:
        settings.CARDHOST_SOCKET = str(house.socket_path)
        yield house


@pytest.fixture
def device():
    return DeviceFactory(serial=FIRST)


@pytest.fixture
def trainer(device):
    return HallClient().enter_as_officer(OfficerFactory(bureau=device.taxpayer.bureau))


def practise(client, serial=FIRST, **what):
    return client.post(reverse(PAGE), {"serial": serial, "on": "", "seconds": "", **what})


def test_a_disk_is_pulled_and_put_back(house, device, trainer):
    assert practise(trainer, act="remove").status_code == 302
    assert house.serving.rack.slot_of(FIRST) is None
    assert "不在读卡器中" in trainer.get(reverse(PAGE)).content.decode()
    practise(trainer, act="insert")
    assert house.serving.rack.slot_of(FIRST) is not None
    assert AuditEvent.objects.filter(action="devices.practised", taxpayer=device.taxpayer).count() == 2


@pytest.mark.parametrize(
    ("act", "switch", "value"),
    [("tear", "tear_before_write", 1), ("vanish_after", "vanish_after", True), ("one_byte", "answer", "one_byte")],
)
def test_a_fault_waits_for_its_command_and_is_healed(house, trainer, act, switch, value):
    practise(trainer, act=act, on="APPLY_CLEAR")
    faults = house.serving.rack.disk(FIRST).faults
    assert (getattr(faults, switch), faults.on) == (value, "APPLY_CLEAR")
    practise(trainer, act="heal")
    assert not getattr(faults, switch)


def test_a_disk_is_slowed_and_its_clock_set_off(house, trainer):
    practise(trainer, act="delay", seconds="0.5")
    practise(trainer, act="clock", seconds="-3600")
    disk = house.serving.rack.disk(FIRST)
    assert (disk.faults.signing_delay, disk.clock_offset.total_seconds()) == (0.5, -3600)


@pytest.mark.parametrize(
    "what", [{"act": "delay", "seconds": "31"}, {"act": "explode"}, {"act": "tear", "on": "FORMAT"}]
)
def test_what_is_no_practice_changes_nothing(house, trainer, what):
    assert practise(trainer, **what).status_code == 422
    assert house.serving.rack.disk(FIRST).faults.signing_delay == 0.0
    assert not AuditEvent.objects.filter(action="devices.practised").exists()


def test_a_disk_of_another_district_is_neither_shown_nor_hurt(house, device, trainer):
    DeviceFactory(serial=SECOND, taxpayer__bureau=BureauFactory(xincheng=True))
    assert SECOND not in trainer.get(reverse(PAGE)).content.decode()
    assert practise(trainer, serial=SECOND, act="remove").status_code == 403
    assert house.serving.rack.slot_of(SECOND) is not None


def test_outside_a_demo_there_is_no_such_page(house, trainer, settings):
    settings.HALL_DEMO = False
    assert trainer.get(reverse(PAGE)).status_code == 404
    assert practise(trainer, act="remove").status_code == 404
    assert house.serving.rack.slot_of(FIRST) is not None


def test_a_taxpayer_does_not_get_there(house, taxpayer_client):
    assert taxpayer_client.get(reverse(PAGE)).status_code == 302
    assert practise(taxpayer_client, act="remove").status_code == 302
    assert house.serving.rack.slot_of(FIRST) is not None


def test_without_virtual_disks_the_page_says_so(settings, tmp_path, trainer):
    settings.HALL_DEMO = True
    settings.CARDHOST_SOCKET = str(tmp_path / "cardhost.sock")
    assert "现在不能演练" in trainer.get(reverse(PAGE)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_virtual_disk_is_asked_after_the_trail_is_written_for_good(house, device, trainer, monkeypatch):
    seen = []

    def asked(*_):
        seen.append((connection.in_atomic_block, AuditEvent.objects.filter(action="devices.practised").count()))

    monkeypatch.setattr(practice, "ask_control", asked)
    practise(trainer, act="tear")
    assert seen[0] == (False, 1)
