"""The rules of leases say the same as the queries that the database answers."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from devices.choices import CommandKind, CommandState
from devices.models import DeviceCommand
from devices.rules import leases
from tests.factories.devices import DeviceCommandFactory

pytestmark = pytest.mark.django_db
NEVER, PAST, FUTURE = None, timedelta(seconds=-1), timedelta(seconds=1)


def at(moment: datetime, offset: timedelta | None) -> datetime | None:
    return None if offset is None else moment + offset


def test_who_may_claim_is_decided_alike_in_python_and_in_sql():
    moment = timezone.now()
    for state, due, lease in itertools.product(CommandState.values, (NEVER, PAST, FUTURE), (NEVER, PAST, FUTURE)):
        DeviceCommandFactory(
            kind=CommandKind.ISSUE,
            state=state,
            token={"raw": "00"},
            sent_at=moment,
            next_attempt_at=at(moment, due),
            lease_until=at(moment, lease),
        )
    told = set(DeviceCommand.objects.claimable(moment).values_list("pk", flat=True))
    assert told == {row.pk for row in DeviceCommand.objects.all() if leases.is_claimable(row, moment)}
    assert 0 < len(told) < DeviceCommand.objects.count()


def test_what_keeps_a_command_back_is_told_alike():
    states, only_clears = leases.states_that_block(CommandKind.ISSUE)
    assert only_clears
    for state in CommandState.values:
        DeviceCommandFactory(kind=CommandKind.CLEAR, state=state, token={"raw": "00"}, sent_at=timezone.now())
    live = DeviceCommand.objects.all().live_clears()
    assert {row.state for row in live} == set(states)
