"""The reports of filing: the figures of the returns, for one company and for a district alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Taxpayer
from filing import services
from filing.choices import PaymentState
from filing.models import Payment, TaxReturn
from filing.reports import REPORTS, burden, comparisons, dues, returns
from invoicing.reports import BY_NAME, Asked
from taxhall.common.periods import TaxPeriod
from tests.factories.filing import PaymentFactory, TaxReturnFactory
from tests.filing.conftest import OCTOBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def everybody() -> Any:
    """Return all companies, as a district."""
    return Taxpayer.objects.all()


def test_they_are_offered_beside_those_of_invoicing() -> None:
    assert {report.name for report in REPORTS} | {"clears", "statistics"} <= set(BY_NAME)


def test_returns_are_listed_with_what_is_payable_and_when_it_was_paid(
    taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("200000.00", special=True)
    filed = file_return()
    TaxReturnFactory(taxpayer=taxpayer, period_start=date(2026, 9, 1), period_end=date(2026, 9, 30), submitted=True)
    (row,) = BY_NAME["returns"].make(Asked(taxpayer, OCTOBER, "我"))[0].rows
    assert row[1:] == (
        "2026 年 10 月", Decimal("200000.00"), Decimal("2000.00"), Decimal("4000.00"), filed.tax_due,
        date(2026, 11, 5), None, "已申报",
    )  # fmt: skip
    table = returns.table(everybody(), OCTOBER, of_district=True)
    assert [each[:2] for each in table.rows] == [(taxpayer.name, taxpayer.number)]
    assert table.totals[-4] == filed.tax_due


def test_drafts_and_what_was_replaced_are_left_out(taxpayer: Taxpayer) -> None:
    TaxReturnFactory(taxpayer=taxpayer)
    assert not list(returns.table(everybody(), OCTOBER).rows)


def test_the_burden_is_the_payable_tax_over_the_sales(
    taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("200000.00", special=True)
    file_return()
    (row,) = burden.table(everybody(), OCTOBER).rows
    assert row == ("2026 年 10 月", Decimal("200000.00"), Decimal("2000.00"), "1.00", "")
    assert "税负率最高，为 1.00%" in burden.chart(Asked(taxpayer, OCTOBER, "我")).finding


def test_without_sales_there_is_no_burden() -> None:
    assert burden.burden(Decimal(0), Decimal(0)) is None
    assert burden.burden(Decimal(3), Decimal(1)) == Decimal("33.33")


def test_what_is_owed_is_listed_with_its_surcharge_and_leaves_when_paid(freeze: Callable[[str], object]) -> None:
    owing = TaxReturnFactory(owing=True, tax_due=Decimal("10000.00"))
    PaymentFactory(
        tax_return=owing, state=PaymentState.PARTIAL, received_amount=Decimal("4000.00"), amount=Decimal("10000.00"),
        received_tax=Decimal("4000.00"), received_at="2026-11-06T10:00+08:00", signature="00", treasury_reference="R",
    )  # fmt: skip
    TaxReturnFactory(paid=True)
    freeze("2026-11-26 10:00")
    (row,) = dues.table(everybody(), OCTOBER).rows
    assert row[2:] == (
        date(2026, 11, 16), Decimal("10000.00"), Decimal("4000.00"), Decimal("6000.00"), 10, Decimal("30.00"),
    )  # fmt: skip
    assert not list(dues.table(everybody(), TaxPeriod.month(2026, 9)).rows)
    TaxReturn.objects.filter(pk=owing.pk).update(status="paid")
    assert not list(dues.table(everybody(), OCTOBER).rows)
    assert Payment.objects.count() == 1


def test_the_comparison_that_stands_is_shown_rule_by_rule(
    taxpayer: Taxpayer, sell: Callable[..., object], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00")
    file_return()
    services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER)
    sell("88.00")
    run = services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER)
    rows = list(comparisons.table(everybody(), OCTOBER).rows)
    assert len(rows) == run.results.count()
    (odd,) = comparisons.table(everybody(), OCTOBER, of_district=True).rows
    assert odd[0] == taxpayer.name
    assert odd[4].startswith("X2 ")
    assert (odd[7], odd[9], odd[10]) == (Decimal("88.00"), "不符", "是")


def test_a_comparison_before_eight_in_the_morning_is_of_that_day(
    taxpayer: Taxpayer, file_return: Callable[[], TaxReturn], freeze: Callable[[str], object]
) -> None:
    file_return()
    freeze("2026-11-06 07:30")
    services.compare_period(actor=None, taxpayer=taxpayer, month=OCTOBER)
    assert {row[1] for row in comparisons.table(everybody(), OCTOBER).rows} == {date(2026, 11, 6)}
