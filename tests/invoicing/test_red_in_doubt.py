"""A red invoice whose voiding is in doubt counts until the disk says that it is void."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import pytest

from accounts.models import Membership
from devices.models import DeviceCommand
from invoicing import selectors, services
from invoicing.choices import InvoiceState
from invoicing.models import Invoice
from invoicing.selectors.issued import find_issued
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import TaxpayerFactory
from tests.invoicing.disk import SigningDisk

pytestmark = pytest.mark.django_db
NOVEMBER = TaxPeriod.month(2026, 11)
HALF = Decimal("500.00")


class Halves(NamedTuple):
    """An invoice and the two that took it back."""

    blue: Invoice
    doubtful: Invoice
    second: Invoice


def void_in_doubt(seller: Membership, invoice: Invoice, disk: SigningDisk) -> Invoice:
    """Void an invoice; the answer is lost and the disk is away."""
    disk.faults, disk.read_faults = ["lost before"], ["absent"]
    services.void_invoice(actor=seller.user, invoice=invoice, reason="开错", number=invoice.number)
    found = services.resolve_invoice(invoice_id=invoice.pk)
    disk.faults, disk.read_faults = [], []
    assert found.state == InvoiceState.IN_DOUBT
    return found


@pytest.fixture
def halves(
    issued: Callable[..., Invoice],
    red: Callable[..., Invoice],
    sign: Callable[..., Invoice],
    disk: SigningDisk,
    seller: Membership,
) -> Halves:
    """Return an invoice of which both halves were taken back, the first by one whose voiding is in doubt."""
    blue = issued()
    chosen = {blue.lines.get().pk: HALF}
    first = sign(red(blue, chosen=chosen))
    draft = red(blue, chosen=chosen)
    doubtful = void_in_doubt(seller, first, disk)
    second = sign(draft)
    blue.refresh_from_db()
    return Halves(blue, doubtful, second)


def test_it_counts_on_the_blue_one_and_for_the_buyer(halves: Halves) -> None:
    assert halves.blue.red_amount == 2 * HALF
    buyer = TaxpayerFactory.build(number=halves.blue.buyer_number)
    taken = selectors.list_taken_back(buyer=buyer, invoices=[(halves.blue.code, halves.blue.number)])
    assert sum(each.tax for each in taken) == -(halves.doubtful.tax + halves.second.tax)


def test_it_still_counts_when_the_disk_refused_to_void_it(halves: Halves, disk: SigningDisk) -> None:
    DeviceCommand.objects.update(next_attempt_at=None)
    disk.faults = ["disk.already_reported"]
    assert services.resolve_invoice(invoice_id=halves.doubtful.pk).state == InvoiceState.ISSUED
    blue = Invoice.objects.get(pk=halves.blue.pk)
    assert blue.red_amount == 2 * HALF
    assert find_issued(numbers=[blue.number])[blue.code, blue.number].is_taken_back


def test_a_backup_holds_it(issued: Callable[..., Invoice], disk: SigningDisk, seller: Membership) -> None:
    invoice = void_in_doubt(seller, issued(), disk)
    rows = list(selectors.backup_lines(taxpayer=seller.taxpayer, period=NOVEMBER))
    assert [row["number"] for row in rows] == [invoice.number]
