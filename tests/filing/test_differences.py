"""The difference explorer: three sides by type and rate, named causes, odd ones found by subtotals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Taxpayer, User
from filing import selectors, services
from filing.models import TaxReturn
from filing.rules.computation import Entry
from filing.rules.definition import CellKey
from filing.rules.differences import DifferenceRow, Traces
from filing.rules.subtotals import Subtotal, odd_positions
from filing.services import VoucherDraft
from invoicing.models import Invoice
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.filing.conftest import OCTOBER
from tests.harness.clients import HallClient

EVEN = DifferenceRow("special", "13", Decimal(100), Decimal(100), Decimal(100), Traces(), Decimal("1.00"))


@pytest.mark.parametrize(
    ("changes", "code", "act"),
    [
        ({"declared": Decimal("99.50")}, "rounding", "none"),
        ({"disk": Decimal(50), "traces": Traces(in_doubt=1)}, "in_doubt", "verify"),
        ({"disk": Decimal(50), "traces": Traces(not_uploaded=2)}, "offline", "upload"),
        ({"disk": Decimal(50), "traces": Traces(voided_after_report=1)}, "void", "report"),
        ({"disk": Decimal(50), "traces": Traces(other_month=1)}, "clock", "clock"),
        ({"disk": Decimal(50)}, "period", "report"),
        ({"declared": Decimal(50), "traces": Traces(issued_after_filing=1)}, "after_filing", "correct"),
        ({"declared": Decimal(50), "traces": Traces(voided_after_filing=1)}, "void", "correct"),
        ({"declared": Decimal(50), "traces": Traces(is_overridden=True)}, "override", "correct"),
        ({"declared": Decimal(50), "traces": Traces(red=1)}, "red", "correct"),
        ({"declared": Decimal(50)}, "period", "correct"),
    ],
)
def test_each_difference_has_a_named_cause_and_one_act(changes: dict[str, Any], code: str, act: str) -> None:
    cause = replace(EVEN, **changes).cause
    assert cause is not None
    assert (cause.code, cause.act) == (code, act)


@pytest.mark.parametrize("changes", [{}, {"declared": Decimal(150)}, {"disk": None}, {"declared": None}])
def test_sides_that_agree_or_declare_more_have_no_cause(changes: dict[str, Any]) -> None:
    assert replace(EVEN, **changes).cause is None


def test_three_odd_ones_among_ten_thousand_are_found_by_some_dozens_of_sums() -> None:
    ledger = {number: Decimal(number % 97) for number in range(1, 10001)}
    disk = {**ledger, 77: Decimal(1), 5000: ledger[5000] + 1, 9999: ledger[9999] - 2}
    asked = 0

    def side(book: dict[int, Decimal]) -> Callable[[int, int], Subtotal]:
        def subtotal(first: int, last: int) -> Subtotal:
            nonlocal asked
            asked += 1
            rows = [book[number] for number in range(first, last + 1)]
            return Subtotal(len(rows), sum(rows, Decimal(0)), Decimal(0))

        return subtotal

    assert odd_positions(1, 10000, side(ledger), side(disk)) == [77, 5000, 9999]
    assert asked < 200


def test_no_more_odd_ones_are_sought_than_asked_for() -> None:
    def one(first: int, last: int) -> Subtotal:
        return Subtotal(last - first + 1, Decimal(0), Decimal(0))

    def other(first: int, last: int) -> Subtotal:
        return Subtotal(last - first + 1, Decimal(last - first + 1), Decimal(0))

    assert odd_positions(1, 1000, one, other, most=5) == [1, 2, 3, 4, 5]


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_an_invoice_issued_after_filing_is_named_and_opened(
    taxpayer: Taxpayer, sell: Callable[..., Invoice], file_return: Callable[[], TaxReturn]
) -> None:
    sell("1000.00", special=True, dated_on=date(2026, 10, 10))
    filed = file_return()
    late = sell("88.00", special=True)
    assert late.issued_at is not None
    TaxReturn.objects.filter(pk=filed.pk).update(submitted_at=late.issued_at - timedelta(days=1))
    found = selectors.find_differences(taxpayer=taxpayer, period=OCTOBER)
    (row,) = found.rows
    assert (row.family, row.rate, row.disk) == ("special", "1", None)
    assert (row.ledger, row.declared) == (Decimal("1088.00"), Decimal("1000.00"))
    assert row.cause is not None
    assert row.cause.code == "after_filing"
    listed = selectors.list_cell_invoices(taxpayer=taxpayer, period=OCTOBER, family="special", rate="1")
    assert listed.first() == late


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_invoices_that_are_not_as_the_disk_signed_them_are_found(
    taxpayer: Taxpayer, django_assert_max_num_queries: Any
) -> None:
    device = DeviceFactory(taxpayer=taxpayer)
    rows = [
        IssuedInvoiceFactory(
            taxpayer=taxpayer, device=device, dated_on=date(2026, 10, 12), lines=[line(f"{10 + n}.00", tax="0.10")],
            signed_message={"amount": "99.00" if n == 5 else f"{10 + n}.00", "tax": "0.10"},
        )
        for n in range(8)
    ]  # fmt: skip
    with django_assert_max_num_queries(20):
        assert selectors.find_odd_invoices(device=device, period=OCTOBER) == [rows[5]]


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_prefilled_cells_that_were_changed_or_overtaken_are_named_with_what_the_hall_knows(
    sell_general: Callable[..., tuple[User, Taxpayer]],
) -> None:
    clerk, general = sell_general("1000.00", "13")
    bought = VoucherDraft(
        kind="special", code="6100261130", number="00000001", dated_on=date(2026, 10, 12),
        seller_number="91610131000000019Y", seller_name="西安样例科技有限公司",
        amount=Decimal("100.00"), tax=Decimal("13.00"),
    )  # fmt: skip
    (voucher,) = services.add_vouchers(actor=clerk, taxpayer=general, drafts=[bought])
    services.tick_vouchers(actor=clerk, taxpayer=general, period=OCTOBER, pks=[voucher.pk], state="deducted")
    draft = services.start_return(actor=clerk, taxpayer=general, period=OCTOBER)
    entries = {CellKey("input", "2", "tax"): Entry(Decimal("20.00"), "另有一张票")}
    saved = services.save_return(actor=clerk, tax_return=draft, version=1, entries=entries)
    filed = services.submit_return(
        actor=clerk, tax_return=saved, key="key", digest=selectors.current_sheet(saved).digest
    )
    (gap,) = selectors.list_cell_gaps(filed)
    assert (str(gap.key), gap.declared, gap.known, gap.gap) == (
        "input.L2[tax]", Decimal("20.00"), Decimal("13.00"), Decimal("-7.00"),
    )  # fmt: skip
    assert (gap.reason, gap.is_input) == ("另有一张票", True)
    hall = HallClient().enter_as(clerk.memberships.get())
    page = hall.get(f"/filing/differences/?period={OCTOBER.code}").content.decode()
    assert "申报时改动：另有一张票" in page
    assert f"/filing/inputs/?month={OCTOBER.code}" in page
    sell_general("500.00", "13")
    assert [str(each.key) for each in selectors.list_cell_gaps(filed)][-1] == "input.L2[tax]"
    assert {each.is_input for each in selectors.list_cell_gaps(filed)} == {True, False}
