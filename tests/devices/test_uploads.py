"""The hall tells a disk which of its records it holds, and the disk frees its offline ceilings."""

from __future__ import annotations

import pytest

from devices import services
from devices.errors import CommandConflictError
from devices.models import DeviceCommand
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import carry_out, due_now, record_issue
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(frozen_day, card_rack):
    device = DeviceFactory(period=TaxPeriod.month(2026, 10))
    card_rack.add(device)
    card_rack.unlock(device)
    return device


def sign_elsewhere(card_rack, device):
    """Let the disk sign a record that does not come to the hall."""
    return card_rack.issue(device, ("1", "100.00", "1.00"))


def test_the_sweep_has_the_disk_told_what_the_hall_holds(device, card_rack):
    record_issue(card_rack, device, "one")
    record_issue(card_rack, device, "two")
    assert services.sweep_readings() == 1
    command = carry_out(DeviceCommand.objects.get(kind="acknowledge"))
    assert (command.state, command.payload["first"], command.payload["last"]) == ("done", 1, 2)
    device.refresh_from_db()
    assert (device.offline_count, device.uploaded_through, device.offline_since) == (0, 2, None)


def test_what_the_hall_lacks_is_not_acknowledged(device, card_rack):
    sign_elsewhere(card_rack, device)
    services.sweep_readings()
    assert not DeviceCommand.objects.filter(kind="acknowledge").exists()
    device.refresh_from_db()
    assert device.offline_count == 1


def test_records_are_acknowledged_up_to_the_first_gap(device, card_rack):
    record_issue(card_rack, device, "one")
    sign_elsewhere(card_rack, device)
    record_issue(card_rack, device, "three")
    held = services.held_range(device, after=0)
    assert held is not None
    assert (held.first, held.last) == (1, 1)
    carry_out(services.acknowledge_upload(device=device))
    assert services.read_orders(device=device).status.uploaded_through == 1
    device.refresh_from_db()
    assert device.offline_count == 2
    assert services.acknowledge_upload(device=device) is None


def test_a_record_that_does_not_follow_the_one_before_it_ends_the_range(device, card_rack):
    for name in ("one", "two"):
        record_issue(card_rack, device, name)
    row = DeviceCommand.objects.get(key="two")
    row.answer["previous_digest"] = "00" * 32
    row.save()
    held = services.held_range(device, after=0)
    assert held is not None
    assert held.last == 1


def test_one_acknowledgement_is_under_way_at_a_time(device, card_rack):
    record_issue(card_rack, device, "one")
    first = services.acknowledge_upload(device=device)
    record_issue(card_rack, device, "two")
    assert services.acknowledge_upload(device=device) == first
    carry_out(first)
    second = services.acknowledge_upload(device=device)
    assert (second.payload["first"], second.payload["last"]) == (2, 2)


def test_what_the_hall_no_longer_holds_is_not_signed(device, card_rack):
    record_issue(card_rack, device, "one")
    command = services.acknowledge_upload(device=device)
    DeviceCommand.objects.filter(key="one").delete()
    refused = carry_out(command)
    assert (refused.state, refused.token, refused.error_code) == ("refused", None, CommandConflictError.code)


@pytest.mark.parametrize("fault", [{"vanish_after": True}, {"vanish_before": True}, {"tear_before_write": 1}])
def test_a_lost_answer_is_settled_by_the_disks_own_word(device, card_rack, fault):
    record_issue(card_rack, device, "one")
    card_rack.faults(device).arm({**fault, "on": "MARK_UPLOADED"})
    command = carry_out(services.acknowledge_upload(device=device))
    assert command.state == "in_doubt"
    card_rack.insert(device)
    assert carry_out(command).state == "done"
    device.refresh_from_db()
    assert (device.offline_count, device.uploaded_through) == (0, 1)


def test_a_plain_yes_without_proof_is_not_believed(device, card_rack, monkeypatch):
    from devices.gateway.session import DiskSession

    record_issue(card_rack, device, "one")
    with monkeypatch.context() as patch:
        patch.setattr(DiskSession, "acknowledge", lambda _self, _ack: None)
        command = carry_out(services.acknowledge_upload(device=device))
    assert command.state == "in_doubt"
    assert carry_out(command).state == "done"


def test_an_absent_disk_is_told_later(device, card_rack):
    record_issue(card_rack, device, "one")
    command = services.acknowledge_upload(device=device)
    card_rack.pull(device)
    assert carry_out(command).state == "queued"
    card_rack.insert(device)
    due_now(command)
    assert carry_out(command).state == "done"


def test_a_frozen_disk_is_read_and_told_nothing(device, card_rack):
    record_issue(card_rack, device, "one")
    services.freeze_device(actor=None, device=device, reason="核查")
    device.refresh_from_db()
    device.clear_counter = 3  # what froze it: the ledger is not the disk's
    device.save()
    assert services.sweep_readings() == 1
    assert not DeviceCommand.objects.filter(kind="acknowledge").exists()


def test_the_sweep_reads_a_disk_the_hall_has_no_key_for_and_the_order_waits(device, card_rack, settings):
    record_issue(card_rack, device, "one")
    settings.DEVICE_SIGNERS = {}
    assert services.sweep_readings() == 1
    command = carry_out(DeviceCommand.objects.get(kind="acknowledge"))
    assert (command.state, command.token, command.error_code) == ("queued", None, "clear.signer_not_here")


def test_a_disk_that_proves_itself_by_another_key_is_told_nothing_and_keeps_no_other_waiting(device, card_rack):
    stranger = DeviceFactory(period=TaxPeriod.month(2026, 10))
    card_rack.add(stranger)
    record_issue(card_rack, device, "one")
    stranger.certificate, stranger.public_key_id = device.certificate, device.public_key_id
    stranger.save()
    assert services.sweep_readings() == 1
    assert not DeviceCommand.objects.filter(device=stranger).exists()
    assert DeviceCommand.objects.filter(device=device, kind="acknowledge").count() == 1


def test_a_disk_in_a_reader_that_the_hall_never_enrolled_is_passed_over(device, card_rack):
    unknown = DeviceFactory(period=TaxPeriod.month(2026, 10))
    card_rack.add(unknown)
    unknown.delete()
    assert services.sweep_readings() == 1
