"""Carrying out orders: signed for the disk as it is, sent once, and doubt left only by the disk's own word."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AuditEvent, OfficerPost
from devices import services
from devices.errors import CardRefusedError, CommandConflictError, SignerNotHereError
from devices.models import DeviceCommand, OrderReceiptRecord
from devices.protocol.messages import GroupCeilings, IssueDataChange, KindChange
from devices.protocol.profiles import PrivateKey
from taxhall.common.errors import NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import (
    carry_out,
    due_now,
    officer_of,
    order_stock,
    orders_done,
    record_issue,
    return_all_stock,
    segment,
)
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db
OCTOBER = TaxPeriod.month(2026, 10)
NEW_PIN = "13579135"


@pytest.fixture
def device(frozen_day, card_rack):
    device = DeviceFactory(period=OCTOBER)
    card_rack.add(device)
    card_rack.unlock(device)
    return device


@pytest.fixture
def member(device):
    return MembershipFactory(taxpayer=device.taxpayer, finance=True).user


def test_stock_is_put_on_the_disk_and_shows_on_its_row(device, card_rack):
    command = carry_out(order_stock(device, segment(1, 50)))
    assert (command.state, command.error_code) == ("done", "")
    receipt = OrderReceiptRecord.objects.get(command=command)
    assert (receipt.action, receipt.order_counter_after, receipt.order_number) == ("add_stock", 1, 1)
    assert receipt.to_message().order_id == str(command.pk)
    device.refresh_from_db()
    assert device.order_counter == orders_done(card_rack, device) == 1
    held = device.authorisations.get(invoice_kind="007")
    assert held.later_segments == [segment(1, 50).to_json()]
    assert held.remaining == 550
    assert AuditEvent.objects.filter(action__in=["devices.order_signed", "devices.order_recorded"]).count() == 2


def test_limits_rates_and_ceilings_change_on_disk_and_row(device, member):
    services.report_card(actor=member, device=device)
    change = IssueDataChange(
        kinds=(KindChange(kind="007", limit=Decimal("500.00"), rates=("1", "3")),),
        ceilings=(GroupCeilings(group="A", hours_limit=24, count_limit=9, amount_limit=Decimal("900.00")),),
    )
    command = services.order_change_of_issue_data(actor=officer_of(device), device=device, change=change)
    assert carry_out(command).state == "done"
    device.refresh_from_db()
    assert (device.offline_hours_limit, device.offline_count_limit) == (24, 9)
    held = device.authorisations.get(invoice_kind="007")
    assert (held.limit_amount, held.rates) == (Decimal("500.00"), ["1", "3"])


def test_a_change_before_the_report_is_refused_with_the_reason(device, card_rack):
    change = IssueDataChange(taxpayer_name="新名称")
    command = services.order_change_of_issue_data(actor=officer_of(device), device=device, change=change)
    refused = carry_out(command)
    assert (refused.state, refused.error_code, refused.refusals) == ("refused", "disk.not_reported", 1)
    assert orders_done(card_rack, device) == 0


def test_a_change_waits_for_the_upload_and_then_goes_on_by_itself(device, member, card_rack):
    record_issue(card_rack, device, "one")
    services.report_card(actor=member, device=device)
    change = IssueDataChange(taxpayer_name="新名称")
    command = services.order_change_of_issue_data(actor=officer_of(device), device=device, change=change)
    waiting = carry_out(command)
    assert (waiting.state, waiting.error_code) == ("queued", "disk.not_uploaded")
    upload = DeviceCommand.objects.get(kind="acknowledge")
    assert carry_out(upload).state == "done"
    due_now(command)
    assert carry_out(command).state == "done"


def test_a_blocked_disk_is_unblocked_and_the_company_sets_its_pin(device, member, card_rack):
    for _ in range(8):
        with pytest.raises(CardRefusedError):
            services.unlock_card(actor=member, device=device, pin="000000")
    order = services.unblock_pin(actor=officer_of(device), device=device)
    assert carry_out(order.command).state == "done"
    device.refresh_from_db()
    assert device.pin_tries == 8
    services.change_card_pin(actor=member, device=device, old_pin=order.transport_pin, new_pin=NEW_PIN)
    assert services.is_unlocked(device)
    assert services.unlock_card(actor=member, device=device, pin=NEW_PIN) == 8


def test_a_cancelled_disk_is_cancelled_for_good_on_disk_and_row(device, member, card_rack):
    services.report_card(actor=member, device=device)
    return_all_stock(device)
    command = services.cancel_device(actor=officer_of(device), device=device, reason="税务注销")
    assert carry_out(command).state == "done"
    device.refresh_from_db()
    assert device.status == "cancelled"
    reading = services.read_orders(device=device)
    assert reading.status.is_disabled
    assert reading.last_order is not None
    assert reading.last_order.action == "disable"


def test_a_disk_that_says_it_is_cancelled_is_cancelled_in_the_ledger(device, member):
    services.report_card(actor=member, device=device)
    return_all_stock(device)
    carry_out(services.cancel_device(actor=officer_of(device), device=device, reason="税务注销"))
    device.refresh_from_db()
    device.status = "active"
    device.save()
    assert services.read_device(actor=None, device=device).status == "cancelled"


# ---- signing ----


def test_only_the_device_worker_signs(device, settings):
    settings.HALL_ROLE = "web"
    command = carry_out(order_stock(device))
    assert (command.state, command.token, command.error_code) == ("queued", None, "clear.signer_not_here")
    with pytest.raises(SignerNotHereError):
        services.sign_order(command=command, reading=services.read_orders(device=device))


def test_an_order_that_no_officer_wrote_is_not_signed(device):
    payload = {"action": "add_stock", "segments": [segment().to_json()], "reason": ""}
    command = services.queue_command(actor=None, device=device, kind="order", key="forged", payload=payload)
    refused = carry_out(command)
    assert (refused.state, refused.token, refused.error_code) == ("refused", None, "command.conflict")


def test_an_order_of_an_officer_whose_post_has_ended_is_not_signed(device):
    officer = officer_of(device)
    command = order_stock(device, actor=officer)
    OfficerPost.objects.filter(user=officer).delete()
    refused = carry_out(command)
    assert (refused.state, refused.token, refused.error_code) == ("refused", None, NotPermittedError.code)


def test_an_order_for_a_disk_that_was_frozen_meanwhile_is_not_signed(device):
    command = order_stock(device)
    services.freeze_device(actor=None, device=device, reason="核查")
    refused = carry_out(command)
    assert (refused.state, refused.token, refused.error_code) == ("refused", None, "disk.frozen")


def test_nothing_is_sent_without_the_signed_order_on_the_row(device):
    lease = services.claim_command(command_id=order_stock(device).pk)
    with pytest.raises(CommandConflictError):
        services.mark_sending(lease=lease)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeviceCommand.objects.filter(pk=lease.command_id).update(state="sending", sent_at=timezone.now())


def test_a_good_signature_is_used_again_and_an_old_one_is_not(device, card_rack):
    lease = services.claim_command(command_id=order_stock(device).pk)
    reading = services.read_orders(device=device)
    first = services.sign_order(command=lease.command, reading=reading)
    assert services.sign_order(command=lease.command, reading=reading) == first
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        second = services.sign_order(command=lease.command, reading=services.read_orders(device=device))
    assert second.expires_at > first.expires_at
    assert second.order_id == first.order_id


# ---- faults ----


@pytest.mark.parametrize(
    "fault",
    [
        {"vanish_after": True},
        {"answer": "torn"},
        {"answer": "random"},
        {"answer": "one_byte"},
    ],
    ids=["left", "torn", "random", "one byte"],
)
def test_an_answer_that_was_lost_is_in_doubt_and_found_on_the_disk(device, card_rack, fault):
    card_rack.faults(device).arm({**fault, "on": "APPLY_ORDER"})
    command = carry_out(order_stock(device))
    assert (command.state, command.error_code) == ("in_doubt", "disk.outcome_unknown")
    card_rack.insert(device)
    assert carry_out(command).state == "done"
    assert orders_done(card_rack, device) == 1
    assert OrderReceiptRecord.objects.count() == 1


@pytest.mark.parametrize("fault", [{"vanish_before": True}, {"tear_before_write": 1}], ids=["left", "torn"])
def test_what_never_ran_is_sent_again_once_the_disk_proves_it(device, card_rack, fault):
    card_rack.faults(device).arm({**fault, "on": "APPLY_ORDER"})
    command = carry_out(order_stock(device))
    assert command.state == "in_doubt"
    card_rack.insert(device)
    assert carry_out(command).state == "done"
    assert orders_done(card_rack, device) == 1


def test_a_doubt_stays_while_the_disk_is_away(device, card_rack):
    card_rack.faults(device).arm({"vanish_after": True, "on": "APPLY_ORDER"})
    command = carry_out(order_stock(device))
    card_rack.pull(device)
    assert carry_out(command).state == "in_doubt"
    card_rack.insert(device)
    due_now(command)
    assert carry_out(command).state == "done"


def test_an_absent_disk_had_nothing_sent(device, card_rack):
    card_rack.pull(device)
    command = carry_out(order_stock(device))
    assert (command.state, command.sent_at, command.error_code) == ("queued", None, "disk.absent")
    card_rack.insert(device)
    due_now(command)
    assert carry_out(command).state == "done"


def test_an_order_goes_on_as_soon_as_its_disk_answers(device, card_rack, monkeypatch):
    rung = []
    monkeypatch.setattr("devices.services.waking.ring", lambda _task, pk: rung.append(pk))
    card_rack.pull(device)
    command = carry_out(order_stock(device))
    assert carry_out(command).state == "queued"  # its pause is not over
    card_rack.insert(device)
    services.read_device(actor=None, device=device)
    assert rung == [command.pk]
    assert carry_out(command).state == "done"


def test_a_worker_that_died_while_sending_leaves_a_doubt_that_the_disk_settles(device, card_rack):
    lease = services.claim_command(command_id=order_stock(device).pk)
    order = services.sign_order(command=lease.command, reading=services.read_orders(device=device))
    services.mark_sending(lease=lease)
    services.apply_order_on_card(device=device, order=order)
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert carry_out(lease.command).state == "done"
    assert orders_done(card_rack, device) == 1


def test_a_worker_that_died_before_sending_loses_nothing(device, card_rack):
    lease = services.claim_command(command_id=order_stock(device).pk)
    services.sign_order(command=lease.command, reading=services.read_orders(device=device))
    assert carry_out(lease.command).state == "claimed"
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert carry_out(lease.command).state == "done"
    assert orders_done(card_rack, device) == 1


def test_an_earlier_signature_that_ran_after_all_is_recognised(device, card_rack, monkeypatch, freeze):
    """A delayed carrier brings the first signature after the disk had proved that it never ran."""
    lease = services.claim_command(command_id=order_stock(device).pk)
    early = services.sign_order(command=lease.command, reading=services.read_orders(device=device))
    services.requeue_command(lease=lease)
    freeze("2026-11-16 10:01")

    def overtaken(*, device, order):
        services.apply_order_on_card(device=device, order=early)
        return services.apply_order_on_card(device=device, order=order)

    with monkeypatch.context() as patch:
        patch.setattr("devices.services.errands.apply_order_on_card", overtaken)
        patch.setattr("devices.services.order_tokens.SENDING_MARGIN", timedelta(minutes=10))
        command = carry_out(lease.command)
    assert command.token_digest != early.digest
    assert (command.state, command.error_code) == ("in_doubt", "disk.order_reused")
    command = carry_out(command)
    assert command.state == "done"
    assert command.order_receipt.to_message().token_digest == early.digest
    assert orders_done(card_rack, device) == 1


def test_an_expired_order_is_signed_anew_by_itself(device, card_rack, monkeypatch):
    lease = services.claim_command(command_id=order_stock(device).pk)
    services.sign_order(command=lease.command, reading=services.read_orders(device=device))
    services.requeue_command(lease=lease)
    monkeypatch.setattr("devices.services.order_tokens.SENDING_MARGIN", timedelta(days=-1))
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        waiting = carry_out(lease.command)
        assert (waiting.state, waiting.error_code, waiting.refusals) == ("queued", "disk.token_expired", 1)
        due_now(waiting)
        assert carry_out(waiting).state == "done"
    assert orders_done(card_rack, device) == 1


def test_orders_of_a_disk_are_carried_out_in_the_order_they_were_written(device, card_rack):
    first, second = order_stock(device, segment(1, 50)), order_stock(device, segment(51, 60))
    first, second = sorted((first, second), key=lambda each: (each.created_at, each.pk))
    assert carry_out(second).state == "queued"
    assert carry_out(first).state == "done"
    assert carry_out(second).state == "done"
    numbers = [each.order_number for each in OrderReceiptRecord.objects.order_by("order_counter_after")]
    assert numbers == [1, 2]


def test_an_order_waits_while_a_clear_may_be_running(device, member):
    from tests.factories.devices import clear_payload

    report = services.report_card(actor=member, device=device)
    payload = clear_payload(device, report_digest=report.digest)
    clear = services.queue_command(actor=None, device=device, kind="clear", key="clear", payload=payload)
    services.claim_command(command_id=clear.pk)
    assert carry_out(order_stock(device)).state == "queued"


def test_a_done_order_is_not_done_again(device, card_rack):
    command = carry_out(order_stock(device))
    assert carry_out(command).state == "done"
    assert orders_done(card_rack, device) == 1


# ---- a ledger that is older than the disk (R-20) ----


def test_a_receipt_that_the_ledger_has_lost_is_kept_before_the_next_order(device, card_rack):
    lost = order_stock(device, segment(1, 50))
    lease = services.claim_command(command_id=lost.pk)
    order = services.sign_order(command=lease.command, reading=services.read_orders(device=device))
    receipt = services.apply_order_on_card(device=device, order=order)
    services.cancel_command(actor=None, command=lost)
    DeviceCommand.objects.filter(pk=lost.pk).delete()
    command = carry_out(order_stock(device, segment(60, 70)))
    assert command.state == "done"
    kept = OrderReceiptRecord.objects.get(order_counter_after=1)
    assert (kept.digest, kept.command) == (receipt.digest, None)
    assert OrderReceiptRecord.objects.get(command=command).order_number == receipt.order_number + 1


def test_a_receipt_that_contradicts_the_ledger_goes_to_a_person(device, card_rack):
    lease = services.claim_command(command_id=order_stock(device).pk)
    order = services.sign_order(command=lease.command, reading=services.read_orders(device=device))
    services.mark_sending(lease=lease)
    services.apply_order_on_card(device=device, order=order)
    DeviceCommand.objects.filter(pk=lease.command_id).update(payload={"action": "disable", "reason": ""})
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        command = carry_out(lease.command)
    assert (command.state, command.error_code) == ("manual", "order.inconsistent")
    assert not OrderReceiptRecord.objects.exists()


def test_a_receipt_of_another_key_is_not_kept(device):
    from devices.errors import BadSignatureError

    command = carry_out(order_stock(device))
    forged = command.order_receipt.to_message().seal(PrivateKey.generate())
    with pytest.raises(BadSignatureError):
        services.record_order(device=device, receipt=forged)


def test_receipts_are_never_changed_and_counters_never_go_back(device):
    carry_out(order_stock(device))
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderReceiptRecord.objects.update(order_number=9)
    device.refresh_from_db()
    device.order_counter = 0
    with pytest.raises(IntegrityError), transaction.atomic():
        device.save()


def test_the_sweep_rings_for_what_is_due(device, card_rack, monkeypatch):
    rung = []
    monkeypatch.setattr("devices.services.errands.ring", lambda task, pk: rung.append((task.name, pk)))
    command = order_stock(device)
    assert services.sweep_commands() == 1
    assert rung == [("devices.carry_out_command", command.pk)]
    carry_out(command)
    assert services.sweep_commands() == 0
