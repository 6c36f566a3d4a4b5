"""What the tests of digital invoices share: a seller without any disk, its credit, a draft."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Membership, User
from invoicing import services
from invoicing.choices import CreditChangeKind
from invoicing.drafts import InvoiceDraft
from invoicing.models import CreditChange, Invoice
from tests.factories.accounts import OfficerFactory
from tests.invoicing.conftest import LINE

Save = Callable[..., Invoice]


@pytest.fixture
def officer(db: None) -> User:
    """Return a reviewer of the seller's bureau."""
    return OfficerFactory()


@pytest.fixture
def grant(seller: Membership, officer: User, frozen_day: object) -> Callable[..., CreditChange]:
    """Return a function by which the officer changes the seller's credit."""

    def granted(amount: str, **given: Any) -> CreditChange:
        given = {"kind": CreditChangeKind.PERIODIC, "reason": "首次核定", "key": uuid.uuid4(), **given}
        actor = given.pop("actor", officer)
        return services.change_credit(actor=actor, taxpayer=seller.taxpayer, amount=Decimal(amount), **given)

    return granted


@pytest.fixture
def credit(grant: Callable[..., CreditChange]) -> CreditChange:
    """Grant the seller 5,000.00 a month."""
    return grant("5000.00")


@pytest.fixture
def draft(seller: Membership, frozen_day: object) -> Callable[..., InvoiceDraft]:
    """Return a function that writes a digital draft of the given sum; keywords change it."""

    def written(price: str = "1000.00", **changes: Any) -> InvoiceDraft:
        found = InvoiceDraft(
            kind="32",
            buyer_name="西安买方示例有限公司",
            buyer_number="91610131MA6TEKT0XE",
            lines=(replace(LINE, price=Decimal(price)),),
        )
        return replace(found, **changes)

    return written


@pytest.fixture
def save(seller: Membership, draft: Callable[..., InvoiceDraft]) -> Save:
    """Return a function that saves such a draft."""

    def saved(price: str = "1000.00", **changes: Any) -> Invoice:
        return services.save_draft(
            actor=seller.user, taxpayer=seller.taxpayer, device=None, draft=draft(price, **changes)
        )

    return saved


@pytest.fixture
def issue(seller: Membership) -> Callable[[Invoice], Invoice]:
    """Return a function that issues a draft."""

    def done(invoice: Invoice) -> Invoice:
        services.issue_invoice(actor=seller.user, invoice=invoice, key=uuid.uuid4().hex)
        return Invoice.objects.get(pk=invoice.pk)

    return done
