"""What the buyer deducts of a digital invoice, and what its seller takes back of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Membership
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.choices import TickState
from filing.models import InputVoucher, TaxReturn
from invoicing import selectors
from invoicing.choices import ConfirmationState
from invoicing.models import Invoice
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.invoicing.digital.test_confirmation import Ask, Issue, Save, ask

__all__ = ["ask"]

NOVEMBER = TaxPeriod.month(2026, 11)
Freeze = Callable[[str], object]
Tick = Callable[..., None]

pytestmark = pytest.mark.usefixtures("credit")


@pytest.fixture
def buyer(db: None) -> Membership:
    """Return a finance head of a general taxpayer of this hall."""
    return MembershipFactory(taxpayer=TaxpayerFactory(kind="general"), role="finance")


@pytest.fixture
def blue(save: Save, issue: Issue, buyer: Membership) -> Invoice:
    """Return a digital special invoice of 1,000.00 to that buyer, 10.00 of tax."""
    return issue(save(kind="31", buyer_number=buyer.taxpayer.number, buyer_name=buyer.taxpayer.name))


@pytest.fixture
def voucher(buyer: Membership, blue: Invoice) -> InputVoucher:
    """Return the invoice as the buyer entered it."""
    face = (blue.dated_on, blue.seller_number, blue.seller_name, blue.amount, blue.tax)
    draft = filing_services.VoucherDraft("special", "", blue.number, *face)
    return filing_services.add_vouchers(actor=buyer.user, taxpayer=buyer.taxpayer, drafts=[draft])[0]


@pytest.fixture
def tick(buyer: Membership, voucher: InputVoucher) -> Tick:
    """Return a function by which the buyer ticks it into November."""

    def ticked(state: str = TickState.DEDUCTED) -> None:
        filing_services.tick_vouchers(
            actor=buyer.user, taxpayer=buyer.taxpayer, period=NOVEMBER, pks=[voucher.pk], state=state
        )

    return ticked


def begin(buyer: Membership) -> TaxReturn:
    return filing_services.start_return(actor=buyer.user, taxpayer=buyer.taxpayer, period=NOVEMBER)


def file(buyer: Membership, draft: TaxReturn, key: str = "november") -> TaxReturn:
    digest = filing_selectors.current_sheet(draft).digest
    return filing_services.submit_return(actor=buyer.user, tax_return=draft, key=key, digest=digest)


def correct(buyer: Membership, filed: TaxReturn) -> TaxReturn:
    return filing_services.correct_return(actor=buyer.user, tax_return=filed, reason="勾选有误")


@pytest.fixture
def filed(buyer: Membership, tick: Tick, freeze: Freeze) -> TaxReturn:
    """Return the buyer's filed return of November, which deducts the invoice."""
    tick()
    freeze("2026-12-03 10:00")
    return file(buyer, begin(buyer))


def test_what_a_filed_return_deducts_is_used_while_its_correction_is_written(
    blue: Invoice, ask: Ask, buyer: Membership, tick: Tick, filed: TaxReturn
) -> None:
    correct(buyer, filed)
    tick(TickState.OPEN)

    assert ask(blue).state == ConfirmationState.WAITING, "the filed return still deducts it"


def test_the_filed_correction_frees_it(blue: Invoice, buyer: Membership, tick: Tick, filed: TaxReturn) -> None:
    draft = correct(buyer, filed)
    tick(TickState.OPEN)
    file(buyer, draft, "correction")

    assert not selectors.buyer_has_used(blue)


@pytest.mark.parametrize("order", [("void", "untick"), ("untick", "void")])
def test_the_voided_return_frees_it_once_it_is_unticked(
    blue: Invoice, buyer: Membership, tick: Tick, filed: TaxReturn, order: tuple[str, str]
) -> None:
    correct(buyer, filed)
    acts: dict[str, Any] = {
        "untick": lambda: tick(TickState.OPEN),
        "void": lambda: filing_services.void_return(actor=buyer.user, tax_return=filed, reason="重报"),
    }
    for act in order:
        assert selectors.buyer_has_used(blue)
        acts[act]()

    assert not selectors.buyer_has_used(blue)
