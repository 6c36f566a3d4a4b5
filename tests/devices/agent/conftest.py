"""Fixtures of the tests of the taxpayer's own PC."""

from __future__ import annotations

import pytest

from devices.models import Device
from taxhall.common.periods import TaxPeriod
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
def device(member, card_rack: CardRack) -> Device:
    """Return an enrolled disk of the company; its real virtual disk is in the rack."""
    device = DeviceFactory(taxpayer=member.taxpayer, period=OCTOBER)
    card_rack.add(device)
    return device
