"""What a company sold in a period, from the rollup: for the return and its comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Taxpayer
from invoicing.choices import DEDUCTIBLE_KINDS
from taxhall.common.money import ZERO
from taxhall.common.parts import Parts, fetch
from taxhall.common.periods import TaxPeriod

# By kind, rate and first digit of the code. Voided invoices are left out, red ones are negative.
SOLD = """(SELECT 'sold' AS what, kind AS code, rate AS kind, section AS words, sum(count)::bigint AS count,
    sum(amount) AS amount, sum(tax) AS tax, NULL::date AS day
    FROM invoicing_salestotal WHERE taxpayer_id = %(taxpayer)s AND month BETWEEN %(start)s AND %(end)s
    AND total_kind IN ('positive', 'negative') GROUP BY invoicing_salestotal.kind, rate, section)"""


@dataclass(frozen=True)
class SalesRow:
    """Net sales of one kind of invoice, column of the return and rate; voided invoices left out."""

    is_special: bool  # 专用发票
    column: str  # "goods" 货物及劳务, "services" 服务和无形资产, "immovable" 不动产, "untaxed" 未发生销售行为
    rate: str
    count: int
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True)
class SalesSummary:
    """What a taxpayer sold in a period by its invoices, for the return."""

    taxpayer_id: int
    period: TaxPeriod
    rows: tuple[SalesRow, ...]

    def amount(
        self, *, is_special: bool | None = None, column: str | None = None, rates: Iterable[str] | None = None
    ) -> Decimal:
        """Return the net amount of the rows that match."""
        return sum((row.amount for row in self._matching(is_special, column, rates)), ZERO)

    def tax(
        self, *, is_special: bool | None = None, column: str | None = None, rates: Iterable[str] | None = None
    ) -> Decimal:
        """Return the tax of the rows that match."""
        return sum((row.tax for row in self._matching(is_special, column, rates)), ZERO)

    def _matching(self, is_special: bool | None, column: str | None, rates: Iterable[str] | None) -> Iterable[SalesRow]:
        wanted = None if rates is None else frozenset(rates)
        for row in self.rows:
            if is_special is not None and row.is_special != is_special:
                continue
            if column is not None and row.column != column:
                continue
            if wanted is None or row.rate in wanted:
                yield row


def period_sales(*, taxpayer: Taxpayer, period: TaxPeriod) -> SalesSummary:
    """Return what a taxpayer sold in a period over all its disks, for prefilling the return."""
    found = fetch(SOLD, taxpayer=taxpayer.pk, start=period.start, end=period.end)
    return SalesSummary(taxpayer_id=taxpayer.pk, period=period, rows=sales_rows(found))


def sales_rows(found: Parts) -> tuple[SalesRow, ...]:
    """Return what SOLD found by special or not, column of the return and rate, in this order."""
    merged: dict[tuple[bool, str, str], tuple[int, Decimal, Decimal]] = {}
    for row in found.of("sold"):
        if not row.number:  # emptied again by voids
            continue
        key = (row.code in DEDUCTIBLE_KINDS, _return_column(row.words), row.kind)
        count, amount, tax = merged.get(key, (0, ZERO, ZERO))
        merged[key] = (count + row.number, amount + (row.amount or ZERO), tax + (row.tax or ZERO))
    return tuple(SalesRow(*key, *values) for key, values in sorted(merged.items()))


def _return_column(section: str) -> str:
    """Say which column of the small-scale return a tax code's first digit belongs to."""
    return {"3": "services", "4": "services", "5": "immovable", "6": "untaxed"}.get(section, "goods")
