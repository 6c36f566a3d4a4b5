"""One vehicle, one invoice in force, also while a red invoice is voided and the vehicle is sold anew at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Membership
from devices.models import Device
from invoicing import selectors, services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from invoicing.services import void as voiding
from tests.clearcard.test_concurrency import at_once
from tests.factories.devices import DeviceAuthorisationFactory, DeviceFactory
from tests.invoicing.test_vehicle import sell

__all__ = ["sell"]


@pytest.fixture
def other_disk(seller: Membership, enrolled: Device) -> Device:
    """Return a second disk of the seller that may issue vehicle invoices."""
    device = DeviceFactory(taxpayer=seller.taxpayer, period=enrolled.period)
    DeviceAuthorisationFactory(device=device, invoice_kind="005", segment_code="161002600006")
    return device


@pytest.mark.usefixtures("transactional_db")
def test_voiding_the_red_and_selling_anew_on_another_disk_do_not_pass_each_other(
    sell: Callable[..., Invoice], sign: Any, seller: Membership, other_disk: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    red = sign(services.draft_red(actor=seller.user, blue=sign(sell()), reason="error", key=uuid.uuid4()))
    anew = sell()
    Invoice.objects.filter(pk=anew.pk).update(device=other_disk)
    looked, sold = threading.Event(), threading.Event()
    plain = selectors.void_facts

    def slow(**given: Any) -> Any:
        facts = plain(**given)
        looked.set()
        # The sale has its chance here; that it waits for the end of the voiding is right as well.
        sold.wait(timeout=3)
        return facts

    monkeypatch.setattr(voiding.selectors, "void_facts", slow)

    def void() -> Any:
        return services.void_invoice(actor=seller.user, invoice=red, reason="误操作", number=red.number).state

    def issue() -> Any:
        looked.wait(timeout=10)
        try:
            return services.issue_invoice(actor=seller.user, invoice=Invoice.objects.get(pk=anew.pk), key="k").state
        finally:
            sold.set()

    found = at_once(void, issue)

    assert Invoice.objects.get(pk=red.pk).state == InvoiceState.VOIDING, found
    assert Invoice.objects.get(pk=anew.pk).state == InvoiceState.DRAFT, found
