"""What is told, in which order, how it is signed, and what becomes of it when nobody takes it."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Membership, Notice
from invoicing import selectors, services
from invoicing.choices_hooks import HookDeliveryState, HookState
from invoicing.drafts import InvoiceDraft
from invoicing.hooks import payload
from invoicing.models import CreditChange, HookDelivery, HookEndpoint, HookEvent, Invoice
from invoicing.services import hook_deliveries
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.invoicing.disk import SigningDisk
from tests.invoicing.hooks.receiver import Received, Receiver

Issued = Callable[..., Invoice]


def deliver(hook: HookEndpoint) -> int:
    return services.deliver_hooks(endpoint_id=hook.pk)


def proves(received: Received, secret: str) -> bool:
    """Check a signature the way the documentation says."""
    fields = [part.split("=", 1) for part in received.headers["Taxhall-Signature"].split(",")]
    moment = next(value for name, value in fields if name == "t")
    wanted = hmac.new(secret.encode(), moment.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(wanted, value) for name, value in fields if name == "v1")


def test_each_change_is_told_once_signed_and_in_order(
    registered: tuple[HookEndpoint, str], issued: Issued, receiver: Receiver, seller: Membership
) -> None:
    hook, secret = registered
    invoice = issued()
    services.void_invoice(actor=seller.user, invoice=invoice, reason="开票有误", number=invoice.number)
    services.perform_void(invoice_id=invoice.pk)

    assert deliver(hook) == 4
    assert receiver.kinds == ["invoice.issuing", "invoice.issued", "invoice.voiding", "invoice.voided"]
    assert all(proves(each, secret) for each in receiver.received)
    assert not any(proves(each, "whsec_other") for each in receiver.received)
    told = receiver.received[1].told
    assert told["taxpayer"] == seller.taxpayer.number
    assert (told["invoice"]["number"], told["invoice"]["word"]) == (invoice.number, "正常")
    assert (told["invoice"]["total"], told["invoice"]["kind_name"]) == ("1010.00", "增值税普通发票")
    assert receiver.received[1].headers["Taxhall-Event-Id"] == told["id"]
    assert deliver(hook) == 0
    assert len({each.told["id"] for each in receiver.received}) == 4


def test_doubt_refusal_and_what_was_settled_are_told(
    hook: HookEndpoint, order: Issued, disk: SigningDisk, receiver: Receiver
) -> None:
    refused, doubtful = order(), order()
    disk.faults = ["disk.locked", "lost after"]
    for invoice in (refused, doubtful, doubtful):
        services.perform_issue(invoice_id=invoice.pk)

    deliver(hook)
    told = [each.told for each in receiver.received]
    of_refused = [each for each in told if each["invoice"]["id"] == refused.pk]
    of_doubtful = [each["kind"] for each in told if each["invoice"]["id"] == doubtful.pk]
    assert [each["kind"] for each in of_refused] == ["invoice.issuing", "invoice.refused"]
    assert of_refused[1]["invoice"]["error_code"] == "disk.locked"
    assert of_doubtful == ["invoice.issuing", "invoice.in_doubt", "invoice.issued"]


def test_what_was_never_signed_goes_from_doubt_to_the_draft_and_nothing_else_is_told(
    hook: HookEndpoint,
    order: Issued,
    disk: SigningDisk,
    receiver: Receiver,
    freeze: Callable[[str], object],
) -> None:
    disk.faults = ["lost before"]
    invoice = order()
    services.perform_issue(invoice_id=invoice.pk)
    freeze("2026-11-17 09:00")
    invoice = services.resolve_invoice(invoice_id=invoice.pk)

    deliver(hook)
    assert receiver.kinds == ["invoice.issuing", "invoice.in_doubt", "invoice.refused"]
    assert receiver.received[-1].told["invoice"]["error_code"] == "invoice.not_signed"
    titles = [str(each.title) for each in reversed(selectors.timeline(invoice))]
    assert titles[-3:] == ["提交开具", "未收到设备应答，待核实", "没有开具，退回草稿"]


def test_a_red_invoice_is_told_and_so_is_its_blue_one(
    hook: HookEndpoint, issued: Issued, red: Issued, sign: Issued, receiver: Receiver
) -> None:
    blue = issued()
    sign(red(blue))

    deliver(hook)
    last = [each.told for each in receiver.received[-2:]]
    assert [(told["kind"], told["invoice"]["word"]) for told in last] == [
        ("invoice.issued", "红字"),
        ("invoice.red", "已红冲"),
    ]
    assert last[0]["invoice"]["blue"] == last[1]["invoice"]["id"] == blue.pk


def test_what_was_rolled_back_is_not_told(hook: HookEndpoint, order: Issued) -> None:
    with transaction.atomic():
        order()
        assert HookEvent.objects.count() == 1
        transaction.set_rollback(True)
    assert not HookEvent.objects.exists()


def test_a_company_without_endpoints_writes_nothing(issued: Issued) -> None:
    issued()
    assert not HookEvent.objects.exists()


def test_another_companys_invoices_are_not_told(hook: HookEndpoint) -> None:
    IssuedInvoiceFactory()
    assert not HookEvent.objects.exists()


def test_a_refusal_is_tried_again_with_growing_pauses_under_the_same_id(
    hook: HookEndpoint, order: Issued, receiver: Receiver
) -> None:
    order()
    receiver.answers = [500]
    assert deliver(hook) == 0
    delivery = HookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == (HookDeliveryState.WAITING, 1, 500)
    assert delivery.next_attempt_at == timezone.now() + timedelta(seconds=10)
    assert deliver(hook) == 0

    HookDelivery.objects.update(next_attempt_at=timezone.now())
    receiver.answers = [503]
    deliver(hook)
    assert HookDelivery.objects.get().next_attempt_at == timezone.now() + timedelta(seconds=20)
    HookDelivery.objects.update(next_attempt_at=timezone.now())
    assert deliver(hook) == 1
    assert len({each.told["id"] for each in receiver.received}) == 1
    assert [each.headers["Taxhall-Attempt"] for each in receiver.received] == ["1", "2", "3"]
    assert len({each.body for each in receiver.received}) == 1


def test_one_invoice_waits_for_its_own_news_and_for_no_others(
    hook: HookEndpoint, order: Issued, receiver: Receiver
) -> None:
    first, second = order(), order()
    services.perform_issue(invoice_id=first.pk)
    receiver.answers = [500]
    deliver(hook)

    told = [(each.told["invoice"]["id"], each.told["kind"]) for each in receiver.received]
    assert told == [(first.pk, "invoice.issuing"), (second.pk, "invoice.issuing")]
    HookDelivery.objects.update(next_attempt_at=None)
    deliver(hook)
    assert receiver.kinds[2:] == ["invoice.issuing", "invoice.issued"]


def test_nobody_knocks_while_an_endpoint_that_was_not_there_rests(
    hook: HookEndpoint, order: Issued, receiver: Receiver
) -> None:
    order()
    order()
    HookEndpoint.objects.update(url="http://127.0.0.1:9/")
    deliver(hook)
    assert sum(HookDelivery.objects.values_list("attempts", flat=True)) == 1
    assert services.sweep_hooks() == 0

    HookEndpoint.objects.update(url=receiver.url, resting_until=timezone.now())
    HookDelivery.objects.update(next_attempt_at=None)
    assert services.sweep_hooks() == 1
    assert deliver(hook) == 2
    assert HookEndpoint.objects.get().resting_until is None


def test_an_endpoint_that_takes_nothing_is_left_alone_after_three(
    hook: HookEndpoint, order: Issued, receiver: Receiver
) -> None:
    for _ in range(5):
        order()
    receiver.answers = [500] * 5
    deliver(hook)
    assert len(receiver.received) == 3
    assert (services.sweep_hooks(), deliver(hook)) == (0, 0)


def test_after_a_day_of_silence_the_endpoint_is_stopped_and_its_people_are_told_once(
    hook: HookEndpoint, order: Issued, receiver: Receiver, manager: Membership
) -> None:
    order()
    order()
    receiver.answers = [500]
    HookDelivery.objects.update(first_tried_at=timezone.now() - timedelta(hours=25), attempts=30)
    deliver(hook)

    hook.refresh_from_db()
    assert (hook.state, Notice.objects.get(kind="hook").recipient) == (HookState.STOPPED, manager.taxpayer)
    assert "停发" in Notice.objects.get(kind="hook").title
    assert AuditEvent.objects.filter(action="invoicing.hook_stopped").count() == 1
    HookDelivery.objects.update(next_attempt_at=None)
    assert (services.sweep_hooks(), deliver(hook)) == (0, 0)
    order()

    services.resume_hook(actor=manager.user, hook=hook)
    assert deliver(hook) == 3


def test_one_event_that_is_never_taken_does_not_stop_the_others(
    hook: HookEndpoint, order: Issued, receiver: Receiver
) -> None:
    order()
    deliver(hook)
    taken = HookDelivery.objects.get()
    order()
    refused = HookDelivery.objects.exclude(pk=taken.pk).get()
    receiver.answers = [400]
    HookDelivery.objects.filter(pk=refused.pk).update(first_tried_at=timezone.now() - timedelta(hours=25))
    deliver(hook)
    refused.refresh_from_db()
    assert refused.state == HookDeliveryState.FAILED
    assert HookEndpoint.objects.get().state == HookState.ACTIVE
    assert not Notice.objects.filter(kind="hook").exists()


def test_slow_endpoints_keep_no_other_from_its_news(hook: HookEndpoint, order: Issued) -> None:
    order()
    for number in range(5):
        other = HookEndpoint.objects.get(pk=hook.pk)
        other.pk, other.url = None, f"{hook.url}/{number}"
        other.leased_until, other.lease_token = timezone.now() + timedelta(seconds=30), uuid.uuid4()
        other.save(force_insert=True)
    assert deliver(hook) == 1


def test_what_is_next_is_found_by_an_index_and_without_a_sort(hook: HookEndpoint, order: Issued) -> None:
    order()
    due = hook_deliveries._due(timezone.now()).filter(endpoint=hook.pk).order_by("event")[:1]
    with connection.cursor() as cursor:
        # A small table is read whole; what is asked is whether a large one need not be.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = due.explain()
    assert "invoicing_hookdelivery_next" in plan
    assert "Sort" not in plan


def test_a_late_note_of_failure_takes_no_success_back(
    hook: HookEndpoint, order: Issued, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    order()

    def slow(*_args: object, **_named: object) -> int:
        # Another worker has taken over and delivered it meanwhile.
        HookDelivery.objects.update(state=HookDeliveryState.SENT)
        return 500

    monkeypatch.setattr("invoicing.services.hook_deliveries.post", slow)
    deliver(hook)
    assert HookDelivery.objects.get().state == HookDeliveryState.SENT


def test_a_pause_holds_news_back_and_loses_none(
    hook: HookEndpoint, order: Issued, receiver: Receiver, manager: Membership
) -> None:
    services.pause_hook(actor=manager.user, hook=hook)
    order()
    assert (deliver(hook), receiver.received) == (0, [])
    services.resume_hook(actor=manager.user, hook=hook)
    assert deliver(hook) == 1


def test_a_test_goes_out_whatever_the_state_and_is_tried_once(
    hook: HookEndpoint, receiver: Receiver, manager: Membership
) -> None:
    services.pause_hook(actor=manager.user, hook=hook)
    first = services.try_hook(actor=manager.user, hook=hook)
    assert services.try_hook(actor=manager.user, hook=hook) == first
    receiver.answers = [404]
    deliver(hook)
    first.refresh_from_db()
    assert (first.state, first.last_status) == (HookDeliveryState.FAILED, 404)
    assert receiver.kinds == ["endpoint.test"]

    services.try_hook(actor=manager.user, hook=hook)
    assert deliver(hook) == 1


def test_a_new_secret_signs_beside_the_former_one_for_a_day(
    registered: tuple[HookEndpoint, str], order: Issued, receiver: Receiver, manager: Membership
) -> None:
    hook, former = registered
    key = uuid.uuid4()
    fresh = services.rotate_hook_secret(actor=manager.user, hook=hook, key=key)
    assert services.rotate_hook_secret(actor=manager.user, hook=hook, key=key) == fresh, "the page loaded anew"
    order()
    deliver(hook)
    assert [proves(receiver.received[0], each) for each in (former, fresh)] == [True, True]

    HookEndpoint.objects.update(former_until=timezone.now() - timedelta(seconds=1))
    order()
    deliver(hook)
    assert [proves(receiver.received[1], each) for each in (former, fresh)] == [False, True]


def test_a_copy_of_the_database_holds_no_secret(registered: tuple[HookEndpoint, str]) -> None:
    hook, secret = registered
    assert secret not in str(HookEndpoint.objects.filter(pk=hook.pk).values().get())


def test_one_worker_at_a_time_and_a_dead_one_is_followed_after_its_lease(
    hook: HookEndpoint, order: Issued, receiver: Receiver
) -> None:
    order()
    HookEndpoint.objects.update(lease_token=uuid.uuid4(), leased_until=timezone.now() + timedelta(seconds=1))
    assert (services.sweep_hooks(), deliver(hook)) == (0, 0)
    HookEndpoint.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert (services.sweep_hooks(), deliver(hook)) == (1, 1)


def test_a_worker_killed_after_the_post_leads_to_the_same_id_again(
    hook: HookEndpoint, order: Issued, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    order()

    def die(place: str, _key: object = "") -> None:
        if place == "hook.post.after":
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("taxhall.common.failpoints.reach", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(hook)
    assert HookDelivery.objects.get().state == HookDeliveryState.WAITING
    assert deliver(hook) == 1
    assert len({each.told["id"] for each in receiver.received}) == 1
    assert len(receiver.received) == 2


def test_news_of_a_month_ago_goes(hook: HookEndpoint, order: Issued) -> None:
    order()
    assert services.purge_hooks() == 0
    HookEvent.objects.update(at=timezone.now() - timedelta(days=31))
    assert services.purge_hooks() == 1
    assert not HookDelivery.objects.exists()


def test_a_digital_invoice_is_told_too(
    hook: HookEndpoint, credit: CreditChange, draft: Callable[..., InvoiceDraft], seller: Membership
) -> None:
    saved = services.save_draft(actor=seller.user, taxpayer=seller.taxpayer, device=None, draft=draft())
    services.issue_invoice(actor=seller.user, invoice=saved, key="")
    kinds = [each.kind for each in HookEvent.objects.order_by("pk")]
    assert kinds == ["invoice.issuing", "invoice.issued"]
    assert b"32" in payload.body_of(HookEvent.objects.latest("pk"))
