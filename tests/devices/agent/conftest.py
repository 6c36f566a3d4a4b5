"""Fixtures of the tests of the taxpayer's own PC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django.fixtures import Settings as SettingsWrapper
from pytest_django.live_server_helper import LiveServer

from devices import services as device_services
from devices.models import Device
from devices.signer.keys import make_hall_keys
from taxhall.common.periods import TaxPeriod
from tests.devices.agent.house import AgentHouse
from tests.devices.agent.pc import Pc
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.cards import CardRack

OCTOBER = TaxPeriod.month(2026, 10)


@pytest.fixture
def member(db):
    """Return a 财务负责人, who may bind PCs."""
    return MembershipFactory(finance=True)


@pytest.fixture
def pc(member) -> Pc:
    """Return a PC that was let in and has a session."""
    pc = Pc()
    pc.enrol(member)
    pc.open()
    return pc


@pytest.fixture
def disk(member, card_rack: CardRack) -> Device:
    """Return an enrolled disk of the company; its real virtual disk is in the rack."""
    device = DeviceFactory(taxpayer=member.taxpayer, period=OCTOBER)
    card_rack.add(device)
    return device


@pytest.fixture
def house(
    transactional_db: None, live_server: LiveServer, settings: SettingsWrapper, tmp_path: Path
) -> Iterator[AgentHouse]:
    """Return a PC with readers beside a live hall that has none; this process signs as the device worker does."""
    keys = make_hall_keys(tmp_path / "keys", now=datetime(2024, 1, 1, tzinfo=UTC))
    settings.HALL_ROLE = "device"
    settings.DEVICE_SIGNERS = {
        name: ("devices.signer.file.FileSigner", str(keys.clear_key(name))) for name in ("intl", "sm")
    }
    settings.DEVICE_CA_FILE = str(keys.ca_certificates)
    settings.MEDIA_ROOT = tmp_path / "uploads"
    house = AgentHouse(tmp_path, keys, live_server.url)
    with device_services.use_card_host(house):
        yield house
    house.close()


@pytest.fixture
def at() -> Iterator[Callable[[str], datetime]]:
    """Return a function that moves the hall's clock, which goes on from there; the PC keeps its own, wrong one."""
    with ExitStack() as stack:

        def move(text: str) -> datetime:
            moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
            stack.enter_context(time_machine.travel(moment, tick=True))
            return moment

        yield move
