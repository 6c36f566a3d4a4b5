"""What the tests of invoicing share: a seller, a disk of its own, a draft, a worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership
from devices import services as device_services
from devices.models import Device
from invoicing import services
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.models import Invoice
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.disk import SigningDisk

LINE = LineDraft(
    name="*信息技术服务*软件维护",
    tax_code="3040203000000000000",
    unit="项",
    quantity=Decimal(1),
    price=Decimal("1000.00"),
    rate="1",
)


@pytest.fixture
def disk(db: None) -> Iterator[SigningDisk]:
    """Put a disk of this test's own behind every card call."""
    with device_services.use_card_host(SigningDisk()) as found:
        yield found


@pytest.fixture
def seller(db: None) -> Membership:
    """Return a 开票员 with the company they issue for."""
    return MembershipFactory(issuer=True)


@pytest.fixture
def enrolled(disk: SigningDisk, seller: Membership, frozen_day: object) -> Device:
    """Return the row of the disk, enrolled for the seller; the month of the frozen day is open."""
    return disk.enrol(taxpayer=seller.taxpayer)


@pytest.fixture
def seller_client(seller: Membership) -> HallClient:
    """Return the client of the 开票员."""
    return HallClient().enter_as(seller)


@pytest.fixture
def write(seller: Membership, enrolled: Device) -> Callable[..., InvoiceDraft]:
    """Return a function that writes a draft which passes every check; keywords change it."""

    def written(**changes: Any) -> InvoiceDraft:
        draft = InvoiceDraft(
            kind="007", buyer_name="西安买方示例有限公司", buyer_number="91610131MA6TEKT0XE", lines=(LINE,)
        )
        return replace(draft, **changes)

    return written


@pytest.fixture
def save(seller: Membership, enrolled: Device, write: Callable[..., InvoiceDraft]) -> Callable[..., Invoice]:
    """Return a function that saves such a draft."""

    def saved(**changes: Any) -> Invoice:
        return services.save_draft(actor=seller.user, taxpayer=seller.taxpayer, device=enrolled, draft=write(**changes))

    return saved


@pytest.fixture
def order(seller: Membership, save: Callable[..., Invoice]) -> Callable[..., Invoice]:
    """Return a function that saves a draft and asks for it to be issued; the worker has not come yet."""

    def ordered(**changes: Any) -> Invoice:
        return services.issue_invoice(actor=seller.user, invoice=save(**changes), key=uuid.uuid4().hex)

    return ordered


@pytest.fixture
def issued(order: Callable[..., Invoice]) -> Callable[..., Invoice]:
    """Return a function that has an invoice signed by the disk."""

    def done(**changes: Any) -> Invoice:
        invoice = order(**changes)
        services.perform_issue(invoice_id=invoice.pk)
        return Invoice.objects.get(pk=invoice.pk)

    return done


@pytest.fixture
def red(seller: Membership) -> Callable[..., Invoice]:
    """Return a function that writes the draft of a red invoice."""

    def drafted(blue: Invoice, **given: object) -> Invoice:
        given.setdefault("key", uuid.uuid4())
        return services.draft_red(actor=seller.user, blue=blue, reason="return", **given)

    return drafted


@pytest.fixture
def sign(seller: Membership) -> Callable[[Invoice], Invoice]:
    """Return a function that has a draft signed by the disk."""

    def signed(draft: Invoice) -> Invoice:
        services.issue_invoice(actor=seller.user, invoice=draft, key=uuid.uuid4().hex)
        services.perform_issue(invoice_id=draft.pk)
        return Invoice.objects.get(pk=draft.pk)

    return signed
