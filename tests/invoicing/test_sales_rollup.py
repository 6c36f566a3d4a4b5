"""Sales from the rollup are the sales of the rows: every kind, rate, column, month, voided and taken back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Taxpayer
from devices.choices import DIGITAL_KINDS, InvoiceKind
from devices.models import Device
from invoicing import selectors, services
from invoicing.choices import DEDUCTIBLE_KINDS, InvoiceState
from invoicing.models import Invoice, InvoiceLine
from invoicing.selectors import SalesRow
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import TaxpayerFactory, UserFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import InvoiceFactory, line

QUARTER = TaxPeriod.quarter(2026, 4)
DAYS = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 15)]
CODES = ["1090304000000000000", "3040203000000000000", "5010000000000000000", "6010000000000000000", ""]
RATES = ["13", "9", "6", "5", "3", "1", "0", "exempt", "untaxed"]
COLUMNS = {"3": "services", "4": "services", "5": "immovable", "6": "untaxed"}
LINES = st.lists(
    st.tuples(st.integers(1, 10_000_00), st.sampled_from(RATES), st.sampled_from(CODES), st.booleans()),
    min_size=1,
    max_size=4,
)
INVOICES = st.lists(
    st.tuples(
        LINES,
        st.sampled_from(InvoiceKind.values),
        st.sampled_from(DAYS),
        st.sampled_from(["draft", "issuing", "issued", "voiding", "voided", "in_doubt"]),
        st.sampled_from(["", "whole", "part", "voided red"]),
    ),
    max_size=6,
)
Entered = list[tuple[list[tuple[int, str, str, bool]], str, date, str, str]]


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(invoices=INVOICES)
def test_whatever_was_issued_the_rollup_says_what_the_rows_say(
    invoices: Entered,
) -> None:
    with transaction.atomic():
        taxpayer = TaxpayerFactory()
        _issue(taxpayer, invoices)
        for period in (QUARTER, *QUARTER.months()):
            found = selectors.period_sales(taxpayer=taxpayer, period=period)
            assert found.rows == sales_of_rows(taxpayer, period)
        assert not [each for each in services.check_rollups() if each.drifted]
        transaction.set_rollback(True)


def _issue(taxpayer: Taxpayer, invoices: Entered) -> None:
    devices = [DeviceFactory(taxpayer=taxpayer) for _ in range(2)]
    for place, (entered, kind, day, goal, red) in enumerate(invoices):
        blue = _invoice(devices[place % 2], entered, kind, day, _possible(goal, kind))
        if red and blue.state == InvoiceState.ISSUED:
            _take_back(blue, entered[:1] if red == "part" else entered, day, is_voided=red == "voided red")


def _possible(goal: str, kind: str) -> str:
    """Return a state that such an invoice can be in: the platform issues at once and voids nothing."""
    is_possible = kind not in DIGITAL_KINDS or goal in ("draft", "issuing", "issued")
    return goal if is_possible else "issued"


def _invoice(device: Device, entered: list[tuple[int, str, str, bool]], kind: str, day: date, goal: str) -> Invoice:
    lines = [
        # An amount taxed by the difference bears less tax than its rate says.
        line(f"{cents / 100:.2f}", rate, tax="0.00" if is_difference else None, tax_code=code)
        for cents, rate, code, is_difference in entered
    ]
    own = {"taxpayer": device.taxpayer, "device": None if kind in DIGITAL_KINDS else device}
    return InvoiceFactory(**own, drawer=UserFactory(), goal=InvoiceState(goal), kind=kind, dated_on=day, lines=lines)


def _take_back(blue: Invoice, entered: list[tuple[int, str, str, bool]], day: date, *, is_voided: bool) -> None:
    sources = list(blue.lines.order_by("position"))[: len(entered)]
    lines = [
        line(str(-each.amount), each.rate, tax=str(-each.tax), tax_code=each.tax_code, source=each) for each in sources
    ]
    goal = "voided" if is_voided and not blue.is_digital else "issued"
    InvoiceFactory(
        taxpayer=blue.taxpayer, device=blue.device, drawer=blue.drawer, kind=blue.kind, blue=blue, dated_on=day,
        lines=lines, goal=InvoiceState(goal), red_reason="return",
    )  # fmt: skip


def sales_of_rows(taxpayer: Taxpayer, period: TaxPeriod) -> tuple[SalesRow, ...]:
    """Add the same up invoice by invoice and line by line, without any rollup."""
    sums: dict[tuple[bool, str, str], tuple[int, Decimal, Decimal]] = {}
    numbered = Invoice.objects.filter(taxpayer=taxpayer, dated_on__range=(period.start, period.end))
    for invoice in numbered.exclude(number="").exclude(state=InvoiceState.VOIDED):
        counted = set()
        for each in InvoiceLine.objects.filter(invoice=invoice):
            section = each.tax_code[:1]
            key = (invoice.kind in DEDUCTIBLE_KINDS, COLUMNS.get(section, "goods"), each.rate)
            count, amount, tax = sums.get(key, (0, ZERO, ZERO))
            is_new = (each.rate, section) not in counted
            counted.add((each.rate, section))
            sums[key] = (count + is_new, amount + each.amount, tax + each.tax)
    return tuple(SalesRow(*key, *values) for key, values in sorted(sums.items()))
