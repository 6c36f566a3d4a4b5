"""A disk that is put out of use: what waited for it goes back to its author, what was sent is not guessed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devices import services as device_services
from devices.choices import CommandState
from devices.models import Device, DeviceCommand
from devices.signals import device_barred
from invoicing import services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from tests.factories.accounts import MembershipFactory
from tests.invoicing.disk import SigningDisk

Order = Callable[..., Invoice]


def lose(device: Device) -> None:
    owner = MembershipFactory(taxpayer=device.taxpayer, finance=True)
    device_services.report_loss(actor=owner.user, device=device, cause="lost")


def test_an_order_that_waits_becomes_a_draft_that_says_why(order: Order, enrolled: Device, disk: SigningDisk) -> None:
    invoice = order()
    lose(enrolled)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.error_code) == (InvoiceState.DRAFT, "disk.lost")
    assert DeviceCommand.objects.get().state == CommandState.CANCELLED
    services.perform_issue(invoice_id=invoice.pk)
    assert disk.requests.count("issue") == 0


def test_what_may_have_been_signed_stays_to_be_proved(order: Order, enrolled: Device) -> None:
    invoice = order()
    lease = device_services.claim_to_send(command_id=DeviceCommand.objects.get().pk)
    assert lease is not None
    lose(enrolled)
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.ISSUING
    assert DeviceCommand.objects.get().state == CommandState.SENDING


def test_a_lost_signal_is_made_good_by_the_sweeper(
    order: Order, enrolled: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = order()
    with monkeypatch.context() as silent:
        silent.setattr(device_barred, "send_robust", lambda **_: [])
        lose(enrolled)
    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.ISSUING
    services.sweep_invoices()
    invoice.refresh_from_db()
    assert (invoice.state, invoice.error_code) == (InvoiceState.DRAFT, "disk.lost")
