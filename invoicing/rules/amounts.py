"""Line and invoice arithmetic (国税 vendor practice; Decimal, half up, two places)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from invoicing.choices import LineKind
from invoicing.drafts import InvoiceDraft, LineDraft
from taxhall.common.money import ZERO, round_money
from taxhall.common.rates import RATE_CODES, TaxRate

# |amount x rate - tax| of one line and of the whole invoice; beyond it the disk's vendors refuse.
LINE_TOLERANCE = Decimal("0.06")
INVOICE_TOLERANCE = Decimal("1.27")
# |quantity x price - amount|.
PRODUCT_TOLERANCE = Decimal("0.01")
# A line is less than this (一万亿元); no column holds much more.
LARGEST_AMOUNT = Decimal(10) ** 12


@dataclass(frozen=True)
class FaceLine:
    """A line as the face of the invoice carries it: without tax, discount on a line of its own."""

    source: LineDraft
    line_kind: str
    amount: Decimal
    tax: Decimal

    @property
    def is_discount(self) -> bool:
        """Whether this is the negative line of a discount (折扣行)."""
        return self.line_kind == LineKind.DISCOUNT


@dataclass(frozen=True)
class Totals:
    """What stands at the foot of the invoice."""

    amount: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """Amount and tax together (价税合计)."""
        return self.amount + self.tax


def line_amounts(*, entered: Decimal, rate: str, is_tax_inclusive: bool) -> tuple[Decimal, Decimal]:
    """Return amount and tax of what was entered for a line.

    Rule: without tax, amount = entered and tax = amount x rate; with tax, amount = entered / (1 + rate) and the
    tax is the rest, so that the two always add up to what was entered.
    """
    fraction = _fraction(rate)
    entered = round_money(entered)
    if is_tax_inclusive:
        amount = round_money(entered / (1 + fraction))
        return amount, entered - amount
    return entered, round_money(entered * fraction)


def difference_amounts(*, gross: Decimal, deduction: Decimal, rate: str) -> tuple[Decimal, Decimal]:
    """Return amount and tax where only a difference is taxed (差额征税).

    Rule: tax = (gross - deduction) / (1 + rate) x rate; the amount is the rest of what the buyer pays.
    """
    fraction = _fraction(rate)
    gross = round_money(gross)
    tax = round_money((gross - deduction) / (1 + fraction) * fraction)
    return gross - tax, tax


def entered_amount(line: LineDraft) -> Decimal:
    """Return what a line costs as entered: the amount if given, else quantity x price."""
    if line.amount is not None:
        return round_money(line.amount)
    if line.quantity is not None and line.price is not None:
        return round_money(line.quantity * line.price)
    return ZERO


def face_lines(draft: InvoiceDraft) -> tuple[FaceLine, ...]:
    """Return the lines of the face; a discount becomes the line that follows its line (fphxz 2, then 1)."""
    if draft.deduction is not None:
        return tuple(_difference_line(line, draft.deduction) for line in draft.lines)
    found: list[FaceLine] = []
    for line in draft.lines:
        inclusive = draft.is_tax_inclusive
        amount, tax = line_amounts(entered=entered_amount(line), rate=line.rate, is_tax_inclusive=inclusive)
        if not line.discount:
            found.append(FaceLine(line, LineKind.NORMAL, amount, tax))
            continue
        found.append(FaceLine(line, LineKind.DISCOUNTED, amount, tax))
        less, less_tax = line_amounts(entered=-line.discount, rate=line.rate, is_tax_inclusive=inclusive)
        found.append(FaceLine(line, LineKind.DISCOUNT, less, less_tax))
    return tuple(found)


def _difference_line(line: LineDraft, deduction: Decimal) -> FaceLine:
    amount, tax = difference_amounts(gross=entered_amount(line), deduction=deduction, rate=line.rate)
    return FaceLine(line, LineKind.NORMAL, amount, tax)


def totals(lines: Iterable[FaceLine]) -> Totals:
    """Return the sums of the lines."""
    amount = tax = ZERO
    for line in lines:
        amount += line.amount
        tax += line.tax
    return Totals(amount, tax)


def rate_totals(rows: Sequence[tuple[str, Decimal, Decimal]]) -> tuple[tuple[str, Decimal, Decimal], ...]:
    """Merge (rate, amount, tax) rows into one row a rate, in the order of the rate table; the disk signs these."""
    merged: dict[str, tuple[Decimal, Decimal]] = {}
    for rate, amount, tax in rows:
        before = merged.get(rate, (ZERO, ZERO))
        merged[rate] = (before[0] + amount, before[1] + tax)
    return tuple((rate, *merged[rate]) for rate in TaxRate.values if rate in merged)


def line_within_tolerance(*, amount: Decimal, rate: str, tax: Decimal) -> bool:
    """Say whether a line's tax fits its rate."""
    return abs(amount * _fraction(rate) - tax) <= LINE_TOLERANCE


def invoice_within_tolerance(rows: Iterable[tuple[str, Decimal, Decimal]]) -> bool:
    """Say whether the taxes of an invoice fit its rates as a whole."""
    difference = ZERO
    for rate, amount, tax in rows:
        difference += amount * _fraction(rate) - tax
    return abs(difference) <= INVOICE_TOLERANCE


def product_within_tolerance(line: LineDraft) -> bool:
    """Say whether quantity x price agrees with the amount that was entered beside them."""
    if line.amount is None or line.quantity is None or line.price is None:
        return True
    return abs(line.quantity * line.price - line.amount) <= PRODUCT_TOLERANCE


@lru_cache(maxsize=64)
def _fraction(rate: str) -> Decimal:
    """The rate as a number; a rate not yet chosen adds no tax."""
    return TaxRate(rate).fraction if rate in RATE_CODES else Decimal(0)
