"""发票资料统计: by kind of invoice and rate, positive, negative, their voided ones, and what was really sold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from devices.choices import InvoiceKind, TotalKind
from invoicing.models import ALL_RATES
from invoicing.reports.base import Asked, Sums, add, count, money, text
from taxhall.common.rates import TaxRate
from taxhall.common.tables import Cell, Column, Table

NOTHING: Sums = (0, Decimal("0.00"), Decimal("0.00"))
# Voided invoices never count as sold; negative ones are negative figures.
SOLD = (TotalKind.POSITIVE, TotalKind.NEGATIVE)
_PARTS = (TotalKind.POSITIVE, TotalKind.NEGATIVE, TotalKind.POSITIVE_VOID, TotalKind.NEGATIVE_VOID)
Found = dict[tuple[str, str, str], Sums]
# Written out: building the same statement from the models took longer than the database takes to answer it.
_STATEMENT = """
SELECT kind, rate, total_kind, sum(count)::bigint, sum(amount), sum(tax) FROM invoicing_monthtotal
WHERE taxpayer_id = %s AND month BETWEEN %s AND %s GROUP BY kind, rate, total_kind HAVING sum(count) <> 0
"""


@dataclass(frozen=True)
class _Words:
    """The words that every table repeats, translated once a report."""

    columns: tuple[Column, ...]
    rates: dict[str, str]
    parts: tuple[tuple[str, str], ...]
    sold: str


def statistics(asked: Asked) -> tuple[Table, ...]:
    """Return one table of all kinds of invoices and one of each kind.

    Rule: 实际 = 正数 + 负数; an invoice of two rates counts once in each and once in the row of all rates.
    """
    found = _found(asked)
    words = _words({rate for _kind, rate, _total_kind in found})
    present = {kind for kind, _rate, _total_kind in found}
    kinds = [kind for kind in InvoiceKind.values if kind in present]
    tables = [_table(str(InvoiceKind(kind).label), _of_kind(found, kind), words) for kind in kinds]
    return (_table(_("全部票种"), _of_all(found), words), *tables)


def _found(asked: Asked) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [asked.taxpayer.pk, asked.period.start, asked.period.end])
        rows = cursor.fetchall()
    return {(kind, rate, total_kind): (n, amount, tax) for kind, rate, total_kind, n, amount, tax in rows}


def _words(rates: set[str]) -> _Words:
    """Translate what is needed: the rates in the order of the rate table, and all of them together last."""
    named = {rate: str(TaxRate(rate).label) for rate in TaxRate.values if rate in rates}
    return _Words(
        columns=(text(_("税率"), 10), text(_("类别"), 10), count(_("份数")), money(_("金额")), money(_("税额"))),
        rates=named | {ALL_RATES: _("合计")},
        parts=tuple((part.value, str(part.label)) for part in _PARTS),
        sold=_("实际"),
    )


def _of_kind(found: Found, kind: str) -> dict[tuple[str, str], Sums]:
    return {key[1:]: sums for key, sums in found.items() if key[0] == kind}


def _of_all(found: Found) -> dict[tuple[str, str], Sums]:
    merged: dict[tuple[str, str], Sums] = {}
    for (_kind, rate, total_kind), sums in found.items():
        merged[rate, total_kind] = add(merged.get((rate, total_kind), NOTHING), sums)
    return merged


def _table(title: str, found: dict[tuple[str, str], Sums], words: _Words) -> Table:
    present = {rate for rate, _total_kind in found} | {ALL_RATES}
    rows = [row for rate in words.rates if rate in present for row in _rows(rate, found, words)]
    # The last row, what was really sold at all rates, is the sum of the table.
    return Table(title, words.columns, rows[:-1], totals=rows[-1])


def _rows(rate: str, found: dict[tuple[str, str], Sums], words: _Words) -> list[tuple[Cell, ...]]:
    name = words.rates[rate]
    sold = NOTHING
    for part in SOLD:
        sold = add(sold, found.get((rate, part.value), NOTHING))
    rows: list[tuple[Cell, ...]] = [(name, label, *found.get((rate, part), NOTHING)) for part, label in words.parts]
    return [*rows, (name, words.sold, *sold)]
