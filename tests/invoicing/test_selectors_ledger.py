"""The ledger's totals: what the disk's report, the return and the desk are compared with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Membership
from devices.models import Device
from invoicing import selectors
from taxhall.common.periods import TaxPeriod
from tests.factories.invoicing import (
    InDoubtInvoiceFactory,
    InvoiceFactory,
    IssuedInvoiceFactory,
    IssuingInvoiceFactory,
    VoidedInvoiceFactory,
    line,
)

NOVEMBER = TaxPeriod.month(2026, 11)
SERVICE = "3040203000000000000"
GOODS = "1090304000000000000"
HOUSE = "5010000000000000000"


@pytest.fixture
def ledger(seller: Membership, enrolled: Device) -> Device:
    own = {"taxpayer": seller.taxpayer, "device": enrolled}
    IssuedInvoiceFactory(**own, lines=[line("100.00", "1"), line("50.00", "1"), line("20.00", "exempt")])
    IssuedInvoiceFactory(**own, kind="004", lines=[line("1000.00", "3", tax_code=GOODS)], is_uploaded=False)
    IssuedInvoiceFactory(**own, lines=[line("7000.00", "5", tax_code=HOUSE)], dated_on=date(2026, 11, 1))
    VoidedInvoiceFactory(**own, lines=[line("300.00", "1")])
    IssuedInvoiceFactory(**own, lines=[line("9.00", "1")], dated_on=date(2026, 10, 31))
    InDoubtInvoiceFactory(**own)
    IssuingInvoiceFactory(**own)
    InvoiceFactory(**own)
    IssuedInvoiceFactory(lines=[line("5555.00", "1")])
    return enrolled


def test_rows_have_the_shape_of_the_disks_report(ledger: Device) -> None:
    rows = selectors.period_rows(device=ledger, period=NOVEMBER)

    assert [(row.kind, row.rate, row.total_kind, row.count, row.amount, row.tax) for row in rows] == [
        ("004", "3", "positive", 1, Decimal("1000.00"), Decimal("30.00")),
        ("007", "1", "positive", 1, Decimal("150.00"), Decimal("1.50")),
        ("007", "1", "positive_void", 1, Decimal("300.00"), Decimal("3.00")),
        ("007", "5", "positive", 1, Decimal("7000.00"), Decimal("350.00")),
        ("007", "exempt", "positive", 1, Decimal("20.00"), Decimal("0.00")),
    ]


def test_sales_leave_voided_ones_out_and_know_their_column(ledger: Device) -> None:
    sales = selectors.period_sales(taxpayer=ledger.taxpayer, period=NOVEMBER)

    assert sales.amount() == Decimal("8170.00")
    assert sales.amount(is_special=True) == Decimal("1000.00")
    assert sales.amount(column="services", rates=["1"]) == Decimal("150.00")
    assert sales.amount(column="immovable") == Decimal("7000.00")
    assert sales.tax(column="goods") == Decimal("30.00")
    assert sales.amount(rates=["exempt"]) == Decimal("20.00")


def test_a_quarter_is_the_sum_of_its_months(ledger: Device) -> None:
    quarter = selectors.period_sales(taxpayer=ledger.taxpayer, period=TaxPeriod.quarter(2026, 4))
    months = [
        selectors.period_sales(taxpayer=ledger.taxpayer, period=month) for month in TaxPeriod.quarter(2026, 4).months()
    ]
    assert quarter.amount() == sum(month.amount() for month in months)


def test_what_waits_is_counted(ledger: Device) -> None:
    found = selectors.unissued_blockers(device=ledger, period=NOVEMBER)

    assert (found.issuing, found.voiding, found.in_doubt, found.not_uploaded) == (1, 0, 1, 1)
    assert found.total == 2


def test_months_without_invoices_are_there_too(ledger: Device) -> None:
    months = selectors.monthly_counts(taxpayer=ledger.taxpayer, months=3)

    assert [(month.period.code, month.issued, month.voided) for month in months] == [
        ("2026-09", 0, 0),
        ("2026-10", 1, 0),
        ("2026-11", 3, 1),
    ]


def test_an_empty_period_has_no_rows(enrolled: Device) -> None:
    assert selectors.period_rows(device=enrolled, period=NOVEMBER) == []
    assert selectors.period_sales(taxpayer=enrolled.taxpayer, period=NOVEMBER).amount() == 0
