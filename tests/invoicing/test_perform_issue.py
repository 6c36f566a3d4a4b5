"""The device worker signs an invoice: every fault ends in what is true."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent
from devices import services as device_services
from devices.choices import CommandState
from devices.models import Device, DeviceAuthorisation, DeviceCommand
from devices.signals import disk_ready
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.invoicing.disk import SigningDisk

Order = Callable[..., Invoice]


def perform(invoice: Invoice) -> Invoice:
    services.perform_issue(invoice_id=invoice.pk)
    found: Invoice = Invoice.objects.get(pk=invoice.pk)
    return found


def wait_for_next_try() -> None:
    """Let the command be due, as time would."""
    DeviceCommand.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_signed_invoice_carries_what_the_disk_printed(order: Order, enrolled: Device) -> None:
    invoice = perform(order())

    assert invoice.state == InvoiceState.ISSUED
    assert (invoice.code, invoice.number) == ("061002200111", "10000001")
    assert len(invoice.check_code) == 20
    assert len(invoice.cipher_text) == 112
    assert invoice.is_uploaded
    assert DeviceCommand.objects.get().state == CommandState.DONE
    assert DeviceAuthorisation.objects.get(device=enrolled, invoice_kind="007").next_number == 10_000_002
    assert AuditEvent.objects.filter(action="invoicing.invoice_issued").count() == 1


def test_an_errand_reads_its_disk_once_and_then_only_to_lock_it(order: Order, enrolled: Device) -> None:
    invoice = order()
    with CaptureQueriesContext(connection) as asked:
        perform(invoice)

    statements = " ".join(each["sql"] for each in asked)
    acts = re.findall(rf"EXECUTE (\w+)_{Device._meta.db_table}_[0-9a-f]{{20}}", statements)
    assert set(acts) == {"lock", "update"}
    assert f'FROM "{Device._meta.db_table}"' not in statements


def test_ten_deliveries_are_one_invoice(order: Order, disk: SigningDisk) -> None:
    invoices = [order(), order()]
    deliveries = invoices * 10
    random.shuffle(deliveries)
    for invoice in deliveries:
        perform(invoice)

    assert len(disk.signed) == 2
    assert disk.requests.count("issue") == 2
    assert Invoice.objects.filter(state=InvoiceState.ISSUED).count() == 2
    assert AuditEvent.objects.filter(action="invoicing.invoice_issued").count() == 2


@pytest.mark.parametrize("fault", ["absent", "busy", "wrong disk"])
def test_a_disk_that_cannot_be_asked_leaves_the_order_waiting(order: Order, disk: SigningDisk, fault: str) -> None:
    disk.faults = [fault]
    invoice = perform(order())

    assert invoice.state == InvoiceState.ISSUING
    assert invoice.error_text
    assert invoice.error_next_step
    assert DeviceCommand.objects.get().state == CommandState.QUEUED

    assert perform(invoice).state == InvoiceState.ISSUING, "not before the next try is due"
    wait_for_next_try()
    assert perform(invoice).state == InvoiceState.ISSUED


def test_a_disk_that_answers_again_hastens_the_order_that_waited_for_it(order: Order, disk: SigningDisk) -> None:
    disk.faults = ["absent"]
    invoice = perform(order())
    assert perform(invoice).state == InvoiceState.ISSUING

    disk_ready.send_robust(sender=Device, device=invoice.device, is_unlocked=False)
    assert perform(invoice).state == InvoiceState.ISSUED
    assert services.wake_invoices(device_id=invoice.device_id) == 0, "nothing waits any more"


@pytest.mark.parametrize("code", ["disk.pin_required", "disk.over_limit", "disk.locked", "disk.other_company"])
def test_a_refusal_gives_the_draft_back_with_the_disks_words(order: Order, disk: SigningDisk, code: str) -> None:
    disk.faults = [code]
    invoice = perform(order())

    assert (invoice.state, invoice.error_code, invoice.number) == (InvoiceState.DRAFT, code, "")
    assert invoice.error_text
    assert invoice.error_next_step
    assert DeviceCommand.objects.get().state == CommandState.REFUSED


def test_a_refused_draft_can_be_issued_again(order: Order, disk: SigningDisk, seller: object) -> None:
    disk.faults = ["disk.pin_required"]
    invoice = perform(order())
    services.issue_invoice(actor=seller.user, invoice=invoice, key="second")

    assert perform(invoice).state == InvoiceState.ISSUED
    assert perform(invoice).error_text == ""


@pytest.mark.parametrize("fault", ["lost before", "lost after"])
def test_a_lost_answer_is_in_doubt_and_nothing_else(order: Order, disk: SigningDisk, fault: str) -> None:
    disk.faults = [fault]
    invoice = perform(order())

    assert (invoice.state, invoice.number) == (InvoiceState.IN_DOUBT, "")
    assert "不知道" in invoice.error_text
    assert DeviceCommand.objects.get().state == CommandState.IN_DOUBT


def test_doubt_after_signing_ends_with_the_number_read_back(order: Order, disk: SigningDisk) -> None:
    disk.faults = ["lost after"]
    invoice = services.resolve_invoice(invoice_id=perform(order()).pk)

    assert (invoice.state, invoice.number) == (InvoiceState.ISSUED, "10000001")
    assert disk.requests == ["issue", "find_signed"]
    assert invoice.error_text == ""


def test_doubt_before_signing_ends_with_one_new_order(order: Order, disk: SigningDisk) -> None:
    disk.faults = ["lost before"]
    invoice = services.resolve_invoice(invoice_id=perform(order()).pk)

    assert invoice.state == InvoiceState.ISSUED
    assert disk.requests == ["issue", "find_signed", "issue"]
    assert len(disk.signed) == 1


def test_doubt_stays_while_the_disk_is_away_and_says_so(order: Order, disk: SigningDisk) -> None:
    disk.faults, disk.read_faults = ["lost after"], ["absent"]
    invoice = services.resolve_invoice(invoice_id=perform(order()).pk)

    assert invoice.state == InvoiceState.IN_DOUBT
    assert invoice.error_code == "disk.absent"
    assert "刚才读卡核实没有结果" in invoice.error_text
    assert "没有发送" not in invoice.error_text, "it was sent; what got nothing is the reading"
    assert "没有读到设备：请插好" in invoice.error_next_step

    wait_for_next_try()
    assert services.resolve_invoice(invoice_id=invoice.pk).state == InvoiceState.ISSUED


def test_an_order_of_another_day_that_never_ran_goes_back_to_its_author(
    order: Order, disk: SigningDisk, freeze: Callable[[str], object]
) -> None:
    disk.faults = ["lost before"]
    invoice = perform(order())
    freeze("2026-11-17 09:00")

    invoice = services.resolve_invoice(invoice_id=invoice.pk)
    assert (invoice.state, invoice.error_code) == (InvoiceState.DRAFT, "invoice.not_signed")
    assert not disk.signed


def test_a_worker_killed_between_disk_and_ledger_is_made_good(
    order: Order, disk: SigningDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = order()
    with monkeypatch.context() as patch:
        patch.setattr("invoicing.services.perform.record_issued", _killed)
        with pytest.raises(KeyboardInterrupt):
            perform(invoice)
    assert DeviceCommand.objects.get().state == CommandState.SENDING

    assert perform(invoice).state == InvoiceState.ISSUING, "the lease still runs"
    DeviceCommand.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    invoice = perform(invoice)
    assert (invoice.state, invoice.number) == (InvoiceState.ISSUED, "10000001")
    assert len(disk.signed) == 1


def test_a_worker_killed_before_the_first_byte_is_made_good_by_reading_first(
    order: Order, disk: SigningDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = order()
    with monkeypatch.context() as patch:
        patch.setattr(device_services, "issue_on_card", _killed)
        with pytest.raises(KeyboardInterrupt):
            perform(invoice)
    assert DeviceCommand.objects.get().state == CommandState.SENDING
    DeviceCommand.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert perform(invoice).state == InvoiceState.ISSUED
    assert disk.requests == ["find_signed", "issue"]


def test_a_carrier_that_was_overtaken_changes_nothing_by_a_refusal(
    order: Order, disk: SigningDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = order()

    def overtaken(**_: object) -> object:
        DeviceCommand.objects.update(fencing=99)
        raise device_services.cards.CardRefusedError("disk.over_limit")

    monkeypatch.setattr(device_services, "issue_on_card", overtaken)
    assert perform(invoice).state == InvoiceState.ISSUING


def test_an_answer_that_does_not_verify_is_doubt(order: Order, disk: SigningDisk) -> None:
    from devices.protocol.profiles import PrivateKey

    disk.key = PrivateKey.generate()
    assert perform(order()).state == InvoiceState.IN_DOUBT


def test_an_invoice_of_several_rates_is_signed_by_rate(order: Order, disk: SigningDisk) -> None:
    from dataclasses import replace

    from tests.invoicing.conftest import LINE

    exempt = replace(LINE, rate="exempt", price=Decimal("200.00"))
    perform(order(lines=(LINE, exempt, replace(LINE, discount=Decimal("50.00")))))

    totals = DeviceCommand.objects.get().payload["totals"]
    assert [(row["rate"], row["amount"], row["tax"]) for row in totals] == [
        ("1", "1950.00", "19.50"),
        ("exempt", "200.00", "0.00"),
    ]


@pytest.mark.parametrize("faults", list(itertools.permutations(["absent", "lost before", "lost after"], 2)))
def test_any_two_faults_still_end_in_one_signed_invoice(order: Order, disk: SigningDisk, faults: tuple[str]) -> None:
    disk.faults, disk.read_faults = list(faults), ["absent"]
    invoice = perform(order())
    for _ in range(6):
        wait_for_next_try()
        invoice = services.resolve_invoice(invoice_id=invoice.pk)

    assert invoice.state == InvoiceState.ISSUED
    assert len(disk.signed) == 1
    assert invoice.number in {signed.number for signed in disk.signed.values()}


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
