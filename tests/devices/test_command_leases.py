"""The outbox: one live clear, leases with fencing, and how each command may end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent
from devices import services
from devices.errors import (
    CardOutcomeUnknownError,
    CardRefusedError,
    CommandConflictError,
    DeviceUnusableError,
    LeaseLostError,
)
from devices.models import DeviceCommand
from tests.factories.devices import DeviceCommandFactory, DeviceFactory, clear_payload

pytestmark = pytest.mark.django_db
TOKEN = {"raw": "00"}


def queue(device, key="clear:1", kind="clear"):
    return services.queue_command(actor=None, device=device, kind=kind, key=key, payload=clear_payload(device))


def sending(device):
    command = queue(device)
    lease = services.claim_command(command_id=command.pk)
    DeviceCommand.objects.filter(pk=command.pk).update(token=TOKEN)
    services.mark_sending(lease=lease)
    return lease


def test_the_same_key_gives_the_same_command():
    device = DeviceFactory()
    assert queue(device) == queue(device)
    assert AuditEvent.objects.filter(action="devices.command_queued").count() == 1


def test_a_key_is_not_used_for_two_things():
    device = DeviceFactory()
    queue(device)
    with pytest.raises(CommandConflictError):
        queue(DeviceFactory())


def test_a_second_clear_of_a_disk_waits_for_the_first():
    device = DeviceFactory()
    queue(device)
    with pytest.raises(CommandConflictError):
        queue(device, key="clear:2")


def test_the_database_refuses_a_second_live_clear():
    command = DeviceCommandFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        DeviceCommandFactory(device=command.device)


@pytest.mark.parametrize("trait", ["frozen", "lost", "cancelled"])
def test_a_disk_out_of_use_gets_no_command(trait):
    with pytest.raises(DeviceUnusableError):
        queue(DeviceFactory(**{trait: True}))


def test_a_command_is_held_by_one_carrier():
    command = queue(DeviceFactory())
    assert services.claim_command(command_id=command.pk) is not None
    assert services.claim_command(command_id=command.pk) is None


def test_a_late_carrier_may_not_send():
    command = queue(DeviceFactory())
    old = services.claim_command(command_id=command.pk, lease_seconds=60)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        new = services.claim_command(command_id=command.pk)
        assert new is not None
        assert new.fencing > old.fencing
        with pytest.raises(LeaseLostError):
            services.mark_sending(lease=old)


def test_a_carrier_whose_time_ran_out_may_not_send():
    command = queue(DeviceFactory())
    lease = services.claim_command(command_id=command.pk, lease_seconds=60)
    DeviceCommand.objects.filter(pk=command.pk).update(token=TOKEN)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)), pytest.raises(LeaseLostError):
        services.mark_sending(lease=lease)


def test_nothing_is_sent_without_the_signed_token_on_the_row():
    command = queue(DeviceFactory())
    lease = services.claim_command(command_id=command.pk)
    with pytest.raises(CommandConflictError):
        services.mark_sending(lease=lease)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeviceCommand.objects.filter(pk=command.pk).update(state="sending", sent_at=timezone.now())


def test_a_command_left_while_sending_comes_back_in_doubt():
    lease = sending(DeviceFactory())
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        again = services.claim_command(command_id=lease.command_id)
        assert again is not None
        assert again.must_read_first
        with pytest.raises(CommandConflictError):
            services.mark_sending(lease=again)


def test_doubt_gives_the_lease_back_for_the_reconciler():
    lease = sending(DeviceFactory())
    services.doubt_command(lease=lease, error=CardOutcomeUnknownError())
    again = services.claim_command(command_id=lease.command_id)
    assert again is not None
    assert again.must_read_first


def test_a_late_receipt_is_accepted_as_proof():
    lease = sending(DeviceFactory())
    services.doubt_command(lease=lease, error=CardOutcomeUnknownError())
    command = services.finish_command(command=lease.command, answer={"receipt": 1})
    assert command.state == "done"
    assert services.finish_command(command=lease.command).state == "done"


def test_a_refused_clear_may_be_tried_again():
    lease = sending(DeviceFactory())
    services.refuse_command(lease=lease, error=CardRefusedError("disk.token_expired"))
    command = services.requeue_command(command=lease.command)
    assert command.state == "queued"
    assert services.claim_command(command_id=command.pk) is not None


def test_a_delayed_command_is_not_due_yet():
    lease = services.claim_command(command_id=queue(DeviceFactory()).pk)
    services.requeue_command(lease=lease, delay=30)
    assert services.claim_command(command_id=lease.command_id) is None
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert services.claim_command(command_id=lease.command_id) is not None


def test_issuing_waits_while_a_clear_may_be_running():
    device = DeviceFactory()
    issue = queue(device, key="issue:1", kind="issue")
    sending(device)
    assert services.claim_command(command_id=issue.pk) is None


def test_a_command_that_may_have_been_sent_is_not_cancelled():
    lease = sending(DeviceFactory())
    with pytest.raises(CommandConflictError):
        services.cancel_command(actor=None, command=lease.command)


def test_a_cancelled_command_can_no_longer_be_sent():
    command = queue(DeviceFactory())
    lease = services.claim_command(command_id=command.pk)
    services.cancel_command(actor=None, command=command)
    with pytest.raises(LeaseLostError):
        services.mark_sending(lease=lease)


@pytest.mark.parametrize(
    ("source", "target"), [("done", "queued"), ("done", "refused"), ("cancelled", "queued"), ("queued", "refused")]
)
def test_raw_sql_cannot_jump(source, target):
    command = DeviceCommandFactory(state=source)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeviceCommand.objects.filter(pk=command.pk).update(state=target)
