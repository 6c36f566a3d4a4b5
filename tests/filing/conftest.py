"""Fixtures of the filing tests: a company with sales, its people, a treasury that remembers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import Taxpayer, User
from devices.choices import InvoiceKind
from filing import selectors, services
from filing.models import TaxReturn
from invoicing.models import Invoice
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line

OCTOBER = TaxPeriod.month(2026, 10)


@pytest.fixture
def today(freeze: Callable[[str], datetime]) -> datetime:
    """Stop the clock inside the season of October 2026."""
    return freeze("2026-11-05 10:00")


@pytest.fixture
def taxpayer(db: None) -> Taxpayer:
    """Return a small-scale company in the city that files by month."""
    return TaxpayerFactory()


@pytest.fixture
def clerk(taxpayer: Taxpayer) -> User:
    """Return its 办税员."""
    return MembershipFactory(taxpayer=taxpayer, role="tax_clerk").user


@pytest.fixture
def sell(taxpayer: Taxpayer) -> Callable[..., Invoice]:
    """Return a function that issues an invoice of October on the company's disk."""
    device = DeviceFactory(taxpayer=taxpayer)

    def issue(amount: str = "1000.00", *, rate: str = "1", special: bool = False, **fields: Any) -> Invoice:
        kind = InvoiceKind.SPECIAL if special else InvoiceKind.ORDINARY
        day = fields.pop("dated_on", datetime(2026, 10, 20).date())  # noqa: DTZ001  (a day, not a moment)
        return IssuedInvoiceFactory(
            taxpayer=taxpayer, device=device, kind=kind, dated_on=day, lines=[line(amount, rate, **fields)]
        )

    return issue


@pytest.fixture
def file_return(taxpayer: Taxpayer, clerk: User) -> Callable[[], TaxReturn]:
    """Return a function that begins and files the return of October as it is prefilled."""

    def file() -> TaxReturn:
        draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
        return services.submit_return(
            actor=clerk, tax_return=draft, key=str(draft.submit_key), digest=selectors.current_sheet(draft).digest
        )

    return file


@pytest.fixture
def general(db: None) -> Taxpayer:
    """Return a general taxpayer."""
    return TaxpayerFactory(kind="general")


@pytest.fixture
def accountant(general: Taxpayer) -> User:
    """Return the general taxpayer's finance head."""
    return MembershipFactory(taxpayer=general, role="finance").user


@pytest.fixture
def sell_general(general: Taxpayer, accountant: User) -> Callable[..., tuple[User, Taxpayer]]:
    """Return a function that issues an invoice of October for the general taxpayer and names its people."""
    device = DeviceFactory(taxpayer=general)

    def issue(amount: str, rate: str, *, special: bool = False, **fields: Any) -> tuple[User, Taxpayer]:
        kind = InvoiceKind.SPECIAL if special else InvoiceKind.ORDINARY
        day = fields.pop("dated_on", datetime(2026, 10, 20).date())  # noqa: DTZ001  (a day, not a moment)
        IssuedInvoiceFactory(
            taxpayer=general, device=device, kind=kind, dated_on=day, lines=[line(amount, rate, **fields)]
        )
        return accountant, general

    return issue
