"""By which way a disk was updated is kept with its receipt, from the visits that were made at the time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from devices.choices import CarrierKind, VisitState
from devices.models import Agent, AgentVisit, ClearReceiptRecord, DeviceCommand
from devices.services.carriage import Carriage, carriage_of
from tests.devices.agent.pc import Pc
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceCommandFactory, DeviceFactory

pytestmark = pytest.mark.django_db
TOKEN = {"command_id": "x", "raw": "01"}


@pytest.fixture
def command() -> DeviceCommand:
    """Return a clear that was sent just now."""
    return DeviceCommandFactory(device=DeviceFactory(), kind="clear", token=TOKEN, sent_at=timezone.now())


def visited(command: DeviceCommand, state: str, token: dict[str, str]) -> Agent:
    """Let a PC of the company be asked to hand a token over."""
    agent = Pc().enrol(MembershipFactory(taxpayer=command.device.taxpayer, finance=True))
    AgentVisit.objects.create(
        agent=agent,
        device=command.device,
        state=state,
        is_changing=True,
        request={"steps": [{"op": "apply_clear", "token": token}]},
        answer={} if state == VisitState.ANSWERED else None,
        answered_at=timezone.now() if state == VisitState.ANSWERED else None,
    )
    return agent


@pytest.mark.parametrize("state", [VisitState.TAKEN, VisitState.ANSWERED, VisitState.OVERDUE])
def test_a_pc_that_took_the_command_carried_it(command: DeviceCommand, state: str) -> None:
    agent = visited(command, state, TOKEN)
    assert carriage_of(command) == Carriage(CarrierKind.AGENT, agent.name)


@pytest.mark.parametrize("state", [VisitState.WAITING, VisitState.WITHDRAWN])
def test_a_pc_that_never_took_it_did_not(command: DeviceCommand, state: str) -> None:
    visited(command, state, TOKEN)
    assert carriage_of(command) == Carriage(CarrierKind.HALL)


def test_an_earlier_command_through_the_pc_says_nothing_of_this_one(command: DeviceCommand) -> None:
    visited(command, VisitState.ANSWERED, {**TOKEN, "raw": "02"})
    assert carriage_of(command) == Carriage(CarrierKind.HALL)


def test_where_the_rows_do_not_tell_nothing_is_claimed(command: DeviceCommand) -> None:
    command.sent_at = None
    assert carriage_of(command) == Carriage()
    command.sent_at = timezone.now() - timedelta(days=31)
    assert carriage_of(command) == Carriage()


def test_the_words_name_the_pc() -> None:
    assert ClearReceiptRecord(carrier="agent", carrier_name="财务室电脑").way == "企业电脑 财务室电脑"
    assert ClearReceiptRecord(carrier="hall").way == "大厅读卡器"
    assert ClearReceiptRecord().way == ""


@pytest.mark.parametrize(("carrier", "name"), [("agent", ""), ("hall", "财务室电脑"), ("", "财务室电脑"), ("post", "")])
def test_the_database_wants_a_name_for_a_pc_and_none_for_the_hall(
    command: DeviceCommand, carrier: str, name: str
) -> None:
    record = ClearReceiptRecord(
        device=command.device,
        command=command,
        group="A",
        period_start=date(2026, 10, 1),
        period_end=date(2026, 10, 31),
        digest="0" * 64,
        clear_counter_before=0,
        clear_counter_after=1,
        new_period_start=date(2026, 11, 1),
        new_period_end=date(2026, 11, 30),
        new_cut_off=date(2026, 12, 15),
        cleared_at=timezone.now(),
        carrier=carrier,
        carrier_name=name,
    )
    with pytest.raises(IntegrityError, match="carrier_known"):
        record.save()
