"""Line and invoice arithmetic against an independent calculation with fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing import rules
from invoicing.choices import LineKind
from invoicing.drafts import InvoiceDraft, LineDraft
from invoicing.rules import amounts

RATES = {"13": 13, "9": 9, "6": 6, "5": 5, "3": 3, "1": 1, "0": 0, "exempt": 0, "untaxed": 0}
money = st.integers(min_value=1, max_value=10**11).map(lambda cents: Decimal(cents) / 100)
rate_codes = st.sampled_from(sorted(RATES))


def cents(value: Fraction) -> int:
    """Round half up to cents with integers only."""
    scaled = abs(value) * 100
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return whole if value >= 0 else -whole


def in_cents(value: Decimal) -> int:
    return int(value * 100)


@pytest.mark.parametrize(
    ("rate", "amount", "tax"),
    [
        ("13", "884.96", "115.04"),
        ("9", "917.43", "82.57"),
        ("6", "943.40", "56.60"),
        ("3", "970.87", "29.13"),
        ("1", "990.10", "9.90"),
    ],
)
def test_a_thousand_yuan_with_tax_splits_as_in_the_table(rate: str, amount: str, tax: str) -> None:
    found = rules.line_amounts(entered=Decimal("1000.00"), rate=rate, is_tax_inclusive=True)

    assert found == (Decimal(amount), Decimal(tax))


@given(entered=money, rate=rate_codes)
def test_without_tax_the_tax_is_amount_times_rate_half_up(entered: Decimal, rate: str) -> None:
    amount, tax = rules.line_amounts(entered=entered, rate=rate, is_tax_inclusive=False)

    assert in_cents(amount) == in_cents(entered)
    assert in_cents(tax) == cents(Fraction(in_cents(entered), 100) * RATES[rate] / 100)


@given(entered=money, rate=rate_codes)
def test_with_tax_amount_and_tax_add_up_to_what_was_entered(entered: Decimal, rate: str) -> None:
    amount, tax = rules.line_amounts(entered=entered, rate=rate, is_tax_inclusive=True)

    assert amount + tax == entered
    assert in_cents(amount) == cents(Fraction(in_cents(entered), 100) * 100 / (100 + RATES[rate]))
    assert amounts.line_within_tolerance(amount=amount, rate=rate, tax=tax)


@given(entered=money, rate=rate_codes, inclusive=st.booleans())
def test_a_discount_mirrors_its_line(entered: Decimal, rate: str, inclusive: bool) -> None:
    blue = rules.line_amounts(entered=entered, rate=rate, is_tax_inclusive=inclusive)
    less = rules.line_amounts(entered=-entered, rate=rate, is_tax_inclusive=inclusive)

    assert less == (-blue[0], -blue[1])


@given(
    quantity=st.decimals(min_value="0.001", max_value="10000", places=3),
    price=st.decimals(min_value="0.0001", max_value="10000", places=4),
)
def test_quantity_times_price_is_rounded_once(quantity: Decimal, price: Decimal) -> None:
    line = LineDraft(quantity=quantity, price=price)

    assert in_cents(amounts.entered_amount(line)) == cents(Fraction(quantity) * Fraction(price))


@given(st.lists(st.tuples(rate_codes, money), min_size=1, max_size=100), st.booleans())
def test_an_invoice_of_a_hundred_lines_stays_within_its_tolerance(
    entries: list[tuple[str, Decimal]], inclusive: bool
) -> None:
    draft = InvoiceDraft(
        kind="007",
        is_tax_inclusive=inclusive,
        lines=tuple(LineDraft(name="货物", rate=rate, amount=amount) for rate, amount in entries),
    )
    lines = rules.face_lines(draft)
    found = rules.totals(lines)

    assert found.amount == sum(line.amount for line in lines)
    assert amounts.invoice_within_tolerance([(line.source.rate, line.amount, line.tax) for line in lines])
    merged = rules.rate_totals([(line.source.rate, line.amount, line.tax) for line in lines])
    assert sum(row[1] for row in merged) == found.amount
    assert sum(row[2] for row in merged) == found.tax
    assert len({row[0] for row in merged}) == len(merged)


def test_a_discount_stands_on_the_line_after_its_own() -> None:
    line = LineDraft(name="*软件*许可", rate="13", amount=Decimal("100.00"), discount=Decimal("10.00"))
    plain, less = rules.face_lines(InvoiceDraft(kind="007", lines=(line,)))

    assert plain.line_kind == LineKind.DISCOUNTED
    assert (less.line_kind, less.amount, less.tax) == (LineKind.DISCOUNT, Decimal("-10.00"), Decimal("-1.30"))


def test_tolerances_end_where_the_rule_says() -> None:
    def within(tax: str) -> bool:
        return amounts.line_within_tolerance(amount=Decimal("100.00"), rate="13", tax=Decimal(tax))

    assert within("13.06")
    assert within("12.94")
    assert not within("13.07")
    assert amounts.invoice_within_tolerance([("13", Decimal("100.00"), Decimal("14.27"))])
    assert not amounts.invoice_within_tolerance([("13", Decimal("100.00"), Decimal("14.28"))])


@pytest.mark.parametrize(("amount", "fits"), [("10.00", True), ("10.01", True), ("10.02", False)])
def test_quantity_times_price_may_differ_by_one_cent(amount: str, fits: bool) -> None:
    line = LineDraft(quantity=Decimal(4), price=Decimal("2.5"), amount=Decimal(amount))

    assert amounts.product_within_tolerance(line) is fits
