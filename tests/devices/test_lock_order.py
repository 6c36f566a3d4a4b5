"""Who records what a disk did and who claims its command lock the same rows, in one order."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from devices import services
from devices.choices import CommandState
from devices.errors import CardRefusedError
from devices.models import Device, DeviceCommand
from devices.services.commands import Lease
from devices.services.errands import OrderErrand, _refused
from taxhall.embedded import processes
from tests.factories.devices import DeviceCommandFactory

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0


def wait_until_another_waits() -> None:
    """Go on once another connection of this database stands before a lock."""
    with connection.cursor() as cursor:

        def waits() -> bool:
            # Within a transaction the view is a picture of its first look.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return bool(cursor.fetchone()[0])

        assert processes.becomes_true(waits, seconds=PATIENCE)


def test_a_claim_and_a_receipt_that_comes_in_at_the_same_moment_do_not_kill_each_other():
    command = DeviceCommandFactory(issue=True)
    outcome: list[object] = []

    def claim() -> None:
        try:
            outcome.append(services.claim_command(command_id=command.pk))
        except DatabaseError as error:
            outcome.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=claim)
    with transaction.atomic():
        # As a receipt is recorded: the disk, then its command.
        Device.objects.select_for_update().get(pk=command.device_id)
        other.start()
        wait_until_another_waits()
        DeviceCommand.objects.select_for_update().get(pk=command.pk)
    other.join(PATIENCE)
    (lease,) = outcome
    assert not isinstance(lease, DatabaseError)
    assert lease is not None
    assert lease.command_id == command.pk


def test_a_refusal_for_want_of_an_upload_and_a_receipt_at_the_same_moment_do_not_kill_each_other():
    made = DeviceCommandFactory(issue=True)
    for state in (CommandState.CLAIMED, CommandState.SENDING):
        DeviceCommand.objects.filter(pk=made.pk).update(state=state, fencing=1, sent_at=timezone.now())
    command = DeviceCommand.objects.select_related("device").get(pk=made.pk)
    outcome: list[object] = []

    def refuse() -> None:
        lease = Lease(command, 1, CommandState.SENDING)
        try:
            _refused(OrderErrand(command), lease, CardRefusedError("disk.not_uploaded"))
            outcome.append("put back")
        except DatabaseError as error:
            outcome.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=refuse)
    with transaction.atomic():
        Device.objects.select_for_update().get(pk=command.device_id)
        other.start()
        wait_until_another_waits()
        DeviceCommand.objects.select_for_update().get(pk=command.pk)
    other.join(PATIENCE)
    assert outcome == ["put back"]
