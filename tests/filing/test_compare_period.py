"""Comparing a period and keeping what was measured (一窗式比对)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Taxpayer, User
from filing import selectors, services
from filing.choices import RunOutcome
from filing.models import ComparisonRun, Prepayment, ReliefRegistration, RuleTolerance, TaxReturn
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from taxhall.common.errors import NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory, TaxpayerFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def results(run: ComparisonRun) -> dict[str, str]:
    """Return what each rule found."""
    return {each.rule_code: each.outcome for each in run.results.all()}


def compare(taxpayer: Taxpayer, month: TaxPeriod = OCTOBER) -> ComparisonRun:
    """Compare as the hall does."""
    return services.compare_period(actor=None, taxpayer=taxpayer, month=month)


def pay(actor: User, filed: TaxReturn) -> None:
    """Pay through the demo treasury."""
    payment = services.pay_return(actor=actor, tax_return=filed, key=f"pay-{filed.pk}")
    services.perform_payment(payment_id=str(payment.pk))


def test_filed_and_paid_agrees_and_keeps_the_numbers(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    sell("300.00")
    pay(clerk, file_return())
    run = compare(taxpayer)
    assert (run.outcome, run.is_blocking) == (RunOutcome.AGREED, False)
    kept = run.results.get(rule_code="X1")
    assert (kept.declared, kept.measured, kept.tolerance) == (Decimal("1000.00"), Decimal("1000.00"), Decimal("1.00"))
    # 1,000 x 1% = 10.00 and 7% halved of it
    assert run.results.get(rule_code="S1").measured == Decimal("10.35")
    assert selectors.latest_comparison(taxpayer=taxpayer, period=OCTOBER) == run


def test_unpaid_tax_blocks(
    taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    file_return()
    run = compare(taxpayer)
    assert run.is_blocking
    assert [code for code, outcome in results(run).items() if outcome == "fail"] == ["S1"]


def test_nothing_filed_blocks(taxpayer: Taxpayer) -> None:
    run = compare(taxpayer)
    assert run.is_blocking
    assert results(run)["R0"] == "fail"


def test_a_draft_is_not_a_filed_return(taxpayer: Taxpayer, clerk: User) -> None:
    services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    assert results(compare(taxpayer))["R0"] == "fail"


def test_an_invoice_that_was_not_declared_blocks_and_its_amount_is_the_difference(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00")
    file_return()
    sell("88.00")
    run = compare(taxpayer)
    found = run.results.get(rule_code="X2")
    assert run.is_blocking
    assert (found.outcome, found.difference) == ("fail", Decimal("88.00"))


def test_a_province_can_set_its_own_tolerance(
    taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    RuleTolerance.objects.create(rule_code="X2", amount=Decimal("100.00"), valid_from=date(2026, 10, 1), source="测试")
    sell("1000.00")
    file_return()
    sell("88.00")
    run = compare(taxpayer)
    assert results(run)["X2"] == "within_tolerance"
    assert run.outcome == RunOutcome.AGREED


def test_declared_more_than_issued_agrees(taxpayer: Taxpayer, clerk: User, sell: Callable[..., object]) -> None:
    sell("1000.00")
    draft = services.start_return(actor=clerk, taxpayer=taxpayer, period=OCTOBER)
    saved = services.save_return(
        actor=clerk, tax_return=draft, version=1, entries={CellKey("sales", "8", "services"): Entry(Decimal("500"))}
    )
    services.submit_return(actor=clerk, tax_return=saved, key="k", digest=selectors.current_sheet(saved).digest)
    assert compare(taxpayer).outcome == RunOutcome.AGREED


def test_a_missing_relief_registration_differs_but_lets_the_disk_be_cleared(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("100000.00")
    sell("5000.00", rate="exempt")
    pay(clerk, file_return())
    run = compare(taxpayer)
    assert (run.outcome, run.is_blocking) == (RunOutcome.DIFFERS, False)
    assert results(run)["X4"] == "fail"
    ReliefRegistration.objects.create(
        taxpayer=taxpayer, code="0001010000", title="自产农产品", valid_from=date(2026, 1, 1)
    )
    assert compare(taxpayer).outcome == RunOutcome.AGREED


def test_prepaid_tax_is_prefilled_from_the_treasurys_vouchers(
    taxpayer: Taxpayer, clerk: User, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    Prepayment.objects.create(
        taxpayer=taxpayer, voucher_number="361012610000000001", paid_on=date(2026, 10, 8), amount=Decimal("4.00")
    )
    filed = file_return()
    assert filed.tax_due == Decimal("6.21")  # 10.00 - 4.00 and 7% halved of 6.00
    assert results(compare(taxpayer))["X3"] == "pass"


def test_a_quarterly_filer_compares_three_months_together(freeze: Callable[[str], datetime]) -> None:
    taxpayer = TaxpayerFactory(period_kind="quarterly")
    run = compare(taxpayer, TaxPeriod.month(2026, 9))
    assert run.compared == TaxPeriod.quarter(2026, 3)
    assert results(run)["R0"] == "fail"


def test_a_month_without_a_return_due_is_not_compared_and_clears() -> None:
    taxpayer = TaxpayerFactory(period_kind="quarterly")
    run = compare(taxpayer, OCTOBER)
    assert (run.outcome, run.is_blocking) == (RunOutcome.NOT_APPLICABLE, False)
    assert set(results(run).values()) == {"not_applicable"}


def test_a_voided_returns_comparison_no_longer_stands(
    taxpayer: Taxpayer, clerk: User, file_return: Callable[[], TaxReturn]
) -> None:
    filed = file_return()
    compare(taxpayer)
    services.void_return(actor=clerk, tax_return=filed, reason="少报")
    assert selectors.latest_comparison(taxpayer=taxpayer, period=OCTOBER) is None
    assert services.compare_return(return_id=filed.pk) is None


def test_an_outsider_may_not_compare(taxpayer: Taxpayer) -> None:
    with pytest.raises(NotPermittedError):
        services.compare_period(actor=MembershipFactory(legal=True).user, taxpayer=taxpayer, month=OCTOBER)


def test_results_are_never_changed(taxpayer: Taxpayer) -> None:
    run = compare(taxpayer)
    with pytest.raises(IntegrityError), transaction.atomic():
        ComparisonRun.objects.filter(pk=run.pk).update(is_blocking=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        run.results.update(outcome="pass")


def test_declared_rows_split_the_return_by_family_and_rate(
    taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True)
    sell("300.00", rate="3")
    sell("200.00")
    rows = {(row.family, row.rate): (row.kind, row.amount, row.tax) for row in selectors.declared_rows(file_return())}
    assert rows == {
        ("special", "1"): ("004", Decimal("1000.00"), Decimal("10.00")),
        ("ordinary", "1"): ("007", Decimal("200.00"), Decimal("2.00")),
        ("ordinary", "3"): ("007", Decimal("300.00"), Decimal("9.00")),
    }
