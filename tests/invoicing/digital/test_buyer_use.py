"""What the buyer deducts of a digital invoice, and what its seller takes back of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Membership
from filing import selectors as filing_selectors
from filing import services as filing_services
from filing.choices import TickState, TransferLine
from filing.errors import ReturnIncompleteError
from filing.models import InputVoucher, TaxReturn
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from invoicing import selectors, services
from invoicing.choices import ConfirmationState
from invoicing.models import Invoice, RedConfirmation
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.harness.clients import HallClient
from tests.invoicing.digital.test_confirmation import Ask, Issue, Save, ask, red_of
from tests.invoicing.test_red_invoice import first_line

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


def agree(buyer: Membership, confirmation: RedConfirmation) -> RedConfirmation:
    services.answer_confirmation(actor=buyer.user, taxpayer=buyer.taxpayer, confirmation=confirmation, agrees=True)
    return RedConfirmation.objects.get(pk=confirmation.pk)


@pytest.fixture
def take_back(ask: Ask, buyer: Membership, seller: Membership, issue: Issue) -> Callable[..., RedConfirmation]:
    """Return a function by which the buyer agrees to give an invoice back, or 900.00 of it, and the seller does."""

    def taken(blue: Invoice, *, part: str = "") -> RedConfirmation:
        chosen = {first_line(blue): Decimal(part)} if part else None
        agreed = agree(buyer, ask(blue, says_used=True, chosen=chosen))
        issue(red_of(seller, agreed))
        return agreed

    return taken


def row_20(draft: TaxReturn) -> Decimal:
    return filing_selectors.current_sheet(draft).amount("input", "20", "tax")


def net(buyer: Membership, period: TaxPeriod = NOVEMBER) -> Decimal:
    sums = filing_selectors.input_sums(taxpayer=buyer.taxpayer, period=period)
    return sums.deducted - sums.transferred


def test_of_what_was_taken_back_in_part_the_rest_is_deducted(
    blue: Invoice, take_back: Callable[..., RedConfirmation], buyer: Membership, voucher: InputVoucher, tick: Tick
) -> None:
    agreed = take_back(blue, part="900.00")
    tick()

    (moved,) = filing_selectors.red_transfers(taxpayer=buyer.taxpayer, period=NOVEMBER)
    assert (moved.voucher, moved.notice, moved.tax) == (voucher, agreed.number, Decimal("9.00"))
    assert net(buyer) == Decimal("1.00")


def test_what_the_buyer_agreed_to_give_back_fills_row_20_under_its_number(
    blue: Invoice, take_back: Callable[..., RedConfirmation], buyer: Membership, tick: Tick, freeze: Freeze
) -> None:
    tick()
    agreed = take_back(blue)
    freeze("2026-12-03 10:00")
    draft = begin(buyer)

    assert row_20(draft) == Decimal("10.00")
    assert net(buyer) == 0
    page = HallClient().enter_as(buyer).get(reverse("filing:input-list"), {"month": NOVEMBER.code})
    assert agreed.number in page.content.decode()


def test_it_is_transferred_out_when_it_was_agreed_even_before_the_red_invoice(
    blue: Invoice, ask: Ask, buyer: Membership, filed: TaxReturn, freeze: Freeze
) -> None:
    agree(buyer, ask(blue))
    freeze("2027-01-04 10:00")
    december = TaxPeriod.month(2026, 12)
    draft = filing_services.start_return(actor=buyer.user, taxpayer=buyer.taxpayer, period=december)

    assert row_20(draft) == Decimal("10.00")
    assert row_20(correct(buyer, filed)) == 0


def test_it_is_lowered_neither_silently_nor_past_the_comparison(
    blue: Invoice, take_back: Callable[..., RedConfirmation], buyer: Membership, tick: Tick, freeze: Freeze
) -> None:
    tick()
    take_back(blue)
    freeze("2026-12-03 10:00")
    draft = begin(buyer)
    cell = CellKey("input", "20", "tax")

    def lower(reason: str) -> TaxReturn:
        current = TaxReturn.objects.get(pk=draft.pk)
        return filing_services.save_return(
            actor=buyer.user, tax_return=current, version=current.version, entries={cell: Entry(Decimal(0), reason)}
        )

    with pytest.raises(ReturnIncompleteError):
        file(buyer, lower(""))
    reasoned = lower("已协商撤回")
    found = filing_selectors.preview_comparison(reasoned, filing_selectors.current_sheet(reasoned))
    assert "G8" in [each.rule.code for each in found if each.is_blocking]


def test_what_the_hall_transfers_out_is_not_recorded_beside_it(
    blue: Invoice, take_back: Callable[..., RedConfirmation], buyer: Membership, tick: Tick
) -> None:
    tick()
    agreed = take_back(blue)

    with pytest.raises(InvalidInputError) as refused:
        filing_services.record_transfer(
            actor=buyer.user, taxpayer=buyer.taxpayer, period=NOVEMBER, line=TransferLine.RED_NOTICE,
            tax=Decimal("10.00"), reason="红字", notice_number=agreed.number,
        )  # fmt: skip
    assert list(refused.value.fields) == ["notice_number"]


def test_what_the_taxpayer_recorded_under_the_number_is_not_transferred_out_twice(
    blue: Invoice, ask: Ask, buyer: Membership, tick: Tick
) -> None:
    tick()
    asked = ask(blue)
    filing_services.record_transfer(
        actor=buyer.user, taxpayer=buyer.taxpayer, period=NOVEMBER, line=TransferLine.RED_NOTICE,
        tax=Decimal("4.00"), reason="红字", notice_number=asked.number,
    )  # fmt: skip
    agree(buyer, asked)

    assert net(buyer) == 0
