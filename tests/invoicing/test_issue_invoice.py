"""Asking for an invoice to be issued: works, wrong role, repeat, outsider, refusals in words."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from unittest import mock

import pytest
from django.urls import reverse
from kombu.exceptions import OperationalError

from accounts.models import AuditEvent, Membership
from devices.choices import CommandState, DeviceStatus
from devices.errors import DeviceUnusableError
from devices.models import Device, DeviceAuthorisation, DeviceCommand
from invoicing import services, tasks
from invoicing.choices import InvoiceState
from invoicing.errors import InvoiceProblemsError
from invoicing.models import Invoice
from taxhall.common.errors import NotFoundError, NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.conftest import LINE
from tests.invoicing.disk import SigningDisk

Save = Callable[..., Invoice]


def issue(seller: Membership, invoice: Invoice, key: str = "") -> Invoice:
    return services.issue_invoice(actor=seller.user, invoice=invoice, key=key or uuid.uuid4().hex)


def test_the_order_is_in_the_outbox_before_the_disk_is_asked(save: Save, seller: Membership, disk: SigningDisk) -> None:
    invoice = issue(seller, save())

    command = DeviceCommand.objects.get()
    assert invoice.state == InvoiceState.ISSUING
    assert (command.kind, command.state) == ("issue", CommandState.QUEUED)
    assert command.payload["request_id"] == invoice.request_id.hex
    assert disk.requests == []
    assert AuditEvent.objects.filter(action="invoicing.issue_requested", actor=seller.user).count() == 1


def test_the_bell_rings_after_commit(
    save: Save, seller: Membership, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    invoice = save()
    rung = mock.patch.object(tasks.issue_on_disk, "apply_async")
    with rung as bell, django_capture_on_commit_callbacks(execute=True):
        issue(seller, invoice)
    assert bell.call_args.kwargs["args"] == [str(invoice.pk)]


def test_a_dead_broker_loses_nothing(
    save: Save, seller: Membership, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    invoice = save()
    dead = mock.patch.object(tasks.issue_on_disk, "apply_async", side_effect=OperationalError("down"))
    with dead, django_capture_on_commit_callbacks(execute=True):
        issue(seller, invoice)
    with mock.patch.object(tasks.issue_on_disk, "apply_async") as rung:
        assert services.sweep_invoices() == 1
    assert rung.call_args.kwargs["args"] == [str(invoice.pk)]


def test_a_double_click_is_one_order(save: Save, seller: Membership) -> None:
    invoice, key = save(), uuid.uuid4().hex
    first, second = issue(seller, invoice, key), issue(seller, invoice, key)

    assert first.request_id == second.request_id
    assert DeviceCommand.objects.count() == 1


def test_a_second_tab_is_one_order(save: Save, seller: Membership) -> None:
    invoice = save()
    issue(seller, invoice)
    issue(seller, invoice)

    assert DeviceCommand.objects.count() == 1


def test_a_resend_after_a_refusal_starts_nothing_new(save: Save, seller: Membership, disk: SigningDisk) -> None:
    invoice, key = save(), uuid.uuid4().hex
    disk.faults = ["disk.pin_required"]
    issue(seller, invoice, key)
    services.perform_issue(invoice_id=invoice.pk)

    assert issue(seller, invoice, key).state == InvoiceState.DRAFT
    assert DeviceCommand.objects.count() == 1


def test_only_the_companys_people_may_issue(save: Save) -> None:
    with pytest.raises(NotPermittedError):
        issue(MembershipFactory(finance=True), save())
    assert Invoice.objects.get().state == InvoiceState.DRAFT


def test_a_draft_with_problems_is_not_sent(save: Save, seller: Membership) -> None:
    with pytest.raises(InvoiceProblemsError) as caught:
        issue(seller, save(buyer_name="", lines=(replace(LINE, tax_code="1"),)))

    assert set(caught.value.fields) == {"buyer_name", "lines-0-tax_code"}
    assert not DeviceCommand.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"limit_amount": Decimal("1000.00")}, "disk.over_limit"),
        ({"end_number": 10_000_000}, "disk.stock_empty"),
        ({"rates": ["3"]}, "line.rate_not_authorised"),
    ],
)
def test_limits_stock_and_rates_are_told_in_words(
    save: Save, seller: Membership, enrolled: Device, change: dict[str, object], code: str
) -> None:
    DeviceAuthorisation.objects.filter(device=enrolled).update(**change)

    with pytest.raises(InvoiceProblemsError) as caught:
        issue(seller, save())
    assert [problem.code for problem in caught.value.problems] == [code]
    assert all(str(problem.mend) for problem in caught.value.problems)


def test_orders_that_wait_already_take_their_number(save: Save, seller: Membership, enrolled: Device) -> None:
    DeviceAuthorisation.objects.filter(device=enrolled).update(end_number=10_000_001)
    issue(seller, save())

    with pytest.raises(InvoiceProblemsError) as caught:
        issue(seller, save())
    assert [problem.code for problem in caught.value.problems] == ["disk.stock_empty"]


def test_a_locked_disk_says_so(save: Save, seller: Membership, freeze: Callable[[str], object]) -> None:
    invoice = save()
    freeze("2026-12-17 09:00")

    with pytest.raises(InvoiceProblemsError) as caught:
        issue(seller, invoice)
    assert caught.value.problems[0].code == "disk.locked"


def test_a_frozen_disk_gets_no_order(save: Save, seller: Membership, enrolled: Device) -> None:
    invoice = save()
    Device.objects.filter(pk=enrolled.pk).update(status=DeviceStatus.FROZEN, frozen_reason="测试")

    with pytest.raises(DeviceUnusableError):
        issue(seller, invoice)
    assert Invoice.objects.get().state == InvoiceState.DRAFT


def test_an_order_that_never_left_can_be_taken_back(save: Save, seller: Membership, disk: SigningDisk) -> None:
    invoice = issue(seller, save())
    disk.faults = ["absent"]
    services.perform_issue(invoice_id=invoice.pk)

    assert services.cancel_issue(actor=seller.user, invoice=Invoice.objects.get()).state == InvoiceState.DRAFT
    assert DeviceCommand.objects.get().state == CommandState.CANCELLED
    services.perform_issue(invoice_id=invoice.pk)
    assert not disk.signed


def test_what_was_changed_since_it_was_looked_at_is_shown_anew_and_not_issued(
    save: Save, seller: Membership, disk: SigningDisk
) -> None:
    invoice = save()
    page = HallClient().enter_as(seller)
    url = reverse("invoicing:invoice-issue", args=[invoice.pk])
    looked = page.get(url).context["shown"]
    # In another tab, meanwhile.
    save(lines=(replace(LINE, price=Decimal("99.00")),), draft_key=invoice.draft_key)
    answer = page.post(url, {"key": "one", "shown": looked})

    assert answer.status_code == 409
    assert "草稿在您查看之后改过，没有开具" in answer.content.decode()
    assert Invoice.objects.get().is_draft
    assert not DeviceCommand.objects.exists()
    assert page.post(url, {"key": "two", "shown": answer.context["shown"]}).status_code == 302
    assert Invoice.objects.get().state == InvoiceState.ISSUING


def test_a_draft_that_was_discarded_meanwhile_is_told_as_not_there(save: Save, seller: Membership) -> None:
    invoice = save()
    services.discard_draft(actor=seller.user, invoice=Invoice.objects.get(pk=invoice.pk))
    with pytest.raises(NotFoundError, match="没有开具"):
        issue(seller, invoice)
