"""Voiding: works, wrong role, repeat, conditions, faults."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Membership
from devices.choices import CommandState
from devices.models import Device, DeviceCommand
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.errors import VoidNotAllowedError
from invoicing.models import Invoice
from taxhall.common.errors import InvalidInputError, NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.invoicing.disk import SigningDisk

Issued = Callable[..., Invoice]


def void(seller: Membership, invoice: Invoice, **changes: str) -> Invoice:
    words = {"reason": "开票有误", "number": invoice.number, **changes}
    return services.void_invoice(actor=seller.user, invoice=invoice, **words)


def perform(invoice: Invoice) -> Invoice:
    services.perform_void(invoice_id=invoice.pk)
    found: Invoice = Invoice.objects.get(pk=invoice.pk)
    return found


def test_the_disk_voids_and_the_ledger_says_who_and_why(issued: Issued, seller: Membership) -> None:
    invoice = void(seller, issued())
    assert invoice.state == InvoiceState.VOIDING

    invoice = perform(invoice)
    assert (invoice.state, invoice.voided_by, invoice.void_reason) == (InvoiceState.VOIDED, seller.user, "开票有误")
    assert invoice.void_message["number"] == invoice.number
    assert AuditEvent.objects.filter(action="invoicing.invoice_voided").count() == 1


def test_many_deliveries_void_once(issued: Issued, seller: Membership, disk: SigningDisk) -> None:
    invoice = void(seller, issued())
    for _ in range(10):
        perform(invoice)

    assert disk.requests.count("void") == 1


def test_a_second_request_changes_nothing(issued: Issued, seller: Membership) -> None:
    invoice = issued()
    assert void(seller, invoice).void_request_id == void(seller, invoice).void_request_id
    perform(invoice)
    assert void(seller, invoice).state == InvoiceState.VOIDED
    assert DeviceCommand.objects.filter(kind="void").count() == 1


def test_only_the_companys_people_may_void(issued: Issued) -> None:
    with pytest.raises(NotPermittedError):
        void(MembershipFactory(finance=True), issued())


@pytest.mark.parametrize(("field", "value"), [("number", "10000009"), ("reason", "  ")])
def test_number_and_reason_are_asked_for(issued: Issued, seller: Membership, field: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        void(seller, issued(), **{field: value})
    assert list(caught.value.fields) == [field]
    assert Invoice.objects.get().state == InvoiceState.ISSUED


def test_not_once_the_period_is_reported(issued: Issued, seller: Membership, enrolled: Device) -> None:
    invoice = issued()
    Device.objects.filter(pk=enrolled.pk).update(is_reported=True)

    with pytest.raises(VoidNotAllowedError) as caught:
        void(seller, invoice)
    assert caught.value.code == "void.reported"
    assert "仍然有效" in str(caught.value.message)


def test_not_in_the_next_month(issued: Issued, seller: Membership, freeze: Callable[[str], object]) -> None:
    invoice = issued()
    freeze("2026-12-01 09:00")

    with pytest.raises(VoidNotAllowedError) as caught:
        void(seller, invoice)
    assert caught.value.code == "void.other_month"


def test_a_draft_is_not_voided(order: Issued, seller: Membership) -> None:
    with pytest.raises(VoidNotAllowedError):
        void(seller, order())


def test_a_disk_that_knows_better_leaves_the_invoice_valid(
    issued: Issued, seller: Membership, disk: SigningDisk
) -> None:
    invoice = void(seller, issued())
    disk.faults = ["disk.already_reported"]
    invoice = perform(invoice)

    assert (invoice.state, invoice.error_code) == (InvoiceState.ISSUED, "disk.already_reported")
    assert invoice.error_text
    assert DeviceCommand.objects.get(kind="void").state == CommandState.REFUSED


@pytest.mark.parametrize(("fault", "asked"), [("lost after", 1), ("lost before", 2)])
def test_a_lost_answer_is_read_back(
    issued: Issued, seller: Membership, disk: SigningDisk, fault: str, asked: int
) -> None:
    invoice = void(seller, issued())
    disk.faults = [fault]
    invoice = perform(invoice)
    assert (invoice.state, invoice.number) == (InvoiceState.IN_DOUBT, "10000001")

    assert services.resolve_invoice(invoice_id=invoice.pk).state == InvoiceState.VOIDED
    assert disk.requests.count("void") == asked
    assert len(disk.voided) == 1


def test_a_worker_killed_between_disk_and_ledger_is_made_good(
    issued: Issued, seller: Membership, disk: SigningDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = void(seller, issued())

    def killed(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("invoicing.services.perform.record_voided", killed)
        with pytest.raises(KeyboardInterrupt):
            perform(invoice)
    DeviceCommand.objects.filter(kind="void").update(lease_until=timezone.now() - timedelta(seconds=1))

    assert perform(invoice).state == InvoiceState.VOIDED
    assert disk.requests.count("void") == 1


def test_a_void_can_be_asked_for_again_after_a_refusal(issued: Issued, seller: Membership, disk: SigningDisk) -> None:
    invoice = void(seller, issued())
    disk.faults = ["disk.pin_required"]
    perform(invoice)

    assert perform(void(seller, invoice)).state == InvoiceState.VOIDED
