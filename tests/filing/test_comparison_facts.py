"""What a comparison looks at is fetched as one statement, and is what the rows say one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.choices import Post
from accounts.models import Taxpayer, User
from filing import selectors, services
from filing.choices import MeasureKind, RuleOutcome, TickState, TransferLine, VoucherKind
from filing.models import InputTransfer, InputVoucher, Payment, Prepayment, ReliefRegistration, RuleTolerance, TaxReturn
from tests.factories.accounts import BureauFactory, OfficerPostFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
INSIDE = [date(2026, 10, 1), date(2026, 10, 31)]
OUTSIDE = [date(2026, 9, 30), date(2026, 11, 1)]


def prepay(taxpayer: Taxpayer, day: date, amount: str) -> None:
    row = {"paid_on": day, "amount": Decimal(amount), "voucher_number": str(day)}
    Prepayment.objects.create(taxpayer=taxpayer, kind="construction", **row)


def test_a_small_company_is_compared_by_one_statement(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object], django_assert_num_queries: Any
) -> None:
    sell("1000.00", special=True)
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    sheet = selectors.current_sheet(draft)
    with django_assert_num_queries(1):
        found = selectors.preview_comparison(draft, sheet)
    assert {each.rule.code: each.outcome for each in found}["X1"] == RuleOutcome.PASSED
    sell("88.00", special=True)
    with django_assert_num_queries(1):
        found = selectors.preview_comparison(draft, sheet)
    assert [each.rule.code for each in found if each.is_blocking] == ["X1", "S1"]


def test_only_what_lies_in_the_period_counts(taxpayer: Taxpayer) -> None:
    for day in INSIDE + OUTSIDE:
        prepay(taxpayer, day, f"{day.day}.50")
    ReliefRegistration.objects.create(taxpayer=taxpayer, code="1", title="减免", valid_from=date(2026, 11, 1))
    facts = selectors.comparison_facts(taxpayer=taxpayer, period=OCTOBER, tax_return=None)
    assert (facts.really_prepaid, facts.has_relief_registration) == (Decimal("33.00"), False)

    ReliefRegistration.objects.create(
        taxpayer=taxpayer, code="2", title="减免", valid_from=date(2026, 1, 1), valid_to=date(2026, 10, 1)
    )
    assert selectors.comparison_facts(taxpayer=taxpayer, period=OCTOBER, tax_return=None).has_relief_registration


def test_only_what_the_treasury_holds_was_received(
    clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    filed = file_return()
    signed = {"signature": "s", "treasury_reference": "r", "received_at": datetime(2026, 11, 5, tzinfo=UTC)}
    for number, (state, tax) in enumerate([("received", "7.00"), ("failed", "5.00")]):
        Payment.objects.create(
            tax_return=filed, key=f"k{number}", amount=Decimal(tax), received_amount=Decimal(tax if number == 0 else 0),
            received_tax=Decimal(tax if number == 0 else 0), state=state, requested_by=clerk, **signed,
        )  # fmt: skip
    facts = selectors.comparison_facts(taxpayer=filed.taxpayer, period=OCTOBER, tax_return=filed)
    assert facts.tax_received == selectors.received_tax(filed) == Decimal("7.00")


def test_vouchers_and_transfers_of_a_general_company_are_added_up_one_by_one(
    general: Taxpayer, accountant: User
) -> None:
    sums: dict[str, Decimal] = {}
    for place, kind in enumerate(VoucherKind.values):
        for turn, (state, day) in enumerate([("deducted", INSIDE[0]), ("deducted", OUTSIDE[0]), ("open", None)]):
            tax = Decimal(place * 10 + turn + 1)
            InputVoucher.objects.create(
                taxpayer=general, kind=kind, number=f"{place}-{turn}", dated_on=INSIDE[0], seller_name="卖方",
                amount=tax * 10, tax=tax, state=TickState(state), period_start=day and day.replace(day=1),
                added_by=accountant, is_real_estate=place % 2 == 0,
            )  # fmt: skip
            if state == "deducted" and day == INSIDE[0]:
                sums[kind] = tax
    for number, is_cancelled in enumerate([False, True]):
        InputTransfer.objects.create(
            taxpayer=general, period_start=INSIDE[0], line=TransferLine.RED_NOTICE, tax=Decimal("3.00"),
            notice_number=f"N{number}", reason="红字", is_cancelled=is_cancelled, recorded_by=accountant,
        )  # fmt: skip
    known = selectors.comparison_facts(taxpayer=general, period=OCTOBER, tax_return=None).known
    assert known["special_input_tax"] == sums["special"]
    assert known["special_input_amount"] == sums["special"] * 10
    assert known["customs_tax"] == sums["customs"]
    assert known["withheld_tax"] == sums["withheld"]
    assert known["resale_tax"] == sums["resale"]
    assert known["computed_tax"] == sums["farm"] + sums["passenger"] + sums["other"]
    assert known["red_transfer"] == Decimal("3.00")


def test_of_several_tolerances_and_measures_the_one_that_began_last_holds(
    taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    RuleTolerance.objects.create(rule_code="X2", amount=Decimal("9.00"), valid_from=date(2026, 10, 31), source="试")
    RuleTolerance.objects.create(rule_code="X2", amount=Decimal("8.00"), valid_from=date(2026, 11, 1), source="试")
    sell("1000.00")
    file_return()
    assert _kept(taxpayer).tolerance == selectors.tolerances_on(OCTOBER.end)["X2"] == Decimal("9.00")

    last = _agreed_tolerance(date(2026, 11, 3), "50.00")
    _agreed_tolerance(date(2026, 11, 2), "60.00")
    kept = _kept(taxpayer)
    assert (kept.tolerance, kept.rule_measure_id) == (Decimal("50.00"), last.pk)


def _agreed_tolerance(day: date, amount: str) -> Any:
    bureau = BureauFactory(city=True)
    asker, other = (
        OfficerPostFactory(exception=True, bureau=bureau).user,
        OfficerPostFactory(post=Post.HEAD, bureau=bureau).user,
    )
    row = services.ask_rule_measure(
        actor=asker, kind=MeasureKind.TOLERANCE, rule_code="X2", valid_from=day, valid_to=date(2026, 11, 30),
        reason="系统升级", source="通知", amount=Decimal(amount),
    )  # fmt: skip
    return services.decide_measure(actor=other, measure=row, is_agreed=True)


def _kept(taxpayer: Taxpayer) -> Any:
    return services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER).results.get(rule_code="X2")
