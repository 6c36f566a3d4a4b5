"""发票资料统计: by kind of invoice and rate, positive, negative, their voided ones, and what was really sold."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from devices.choices import InvoiceKind, TotalKind
from invoicing.models import ALL_RATES, MonthTotal
from invoicing.reports.base import Asked, Sums, add, count, money, text
from taxhall.common.rates import TaxRate
from taxhall.common.tables import Cell, Table

NOTHING: Sums = (0, Decimal("0.00"), Decimal("0.00"))
# Voided invoices never count as sold; negative ones are negative figures.
SOLD = (TotalKind.POSITIVE, TotalKind.NEGATIVE)
_PARTS = (TotalKind.POSITIVE, TotalKind.NEGATIVE, TotalKind.POSITIVE_VOID, TotalKind.NEGATIVE_VOID)
Found = dict[tuple[str, str, str], Sums]


def statistics(asked: Asked) -> tuple[Table, ...]:
    """Return one table of all kinds of invoices and one of each kind.

    Rule: 实际 = 正数 + 负数; an invoice of two rates counts once in each and once in the row of all rates.
    """
    found = _found(asked)
    kinds = [kind for kind in InvoiceKind.values if any(key[0] == kind for key in found)]
    tables = [_table(str(InvoiceKind(kind).label), _of_kind(found, kind)) for kind in kinds]
    return (_table(_("全部票种"), _of_all(found)), *tables)


def _found(asked: Asked) -> Found:
    rows = (
        MonthTotal.objects.filter(taxpayer=asked.taxpayer, month__range=(asked.period.start, asked.period.end))
        .order_by()
        .values_list("kind", "rate", "total_kind")
        .annotate(Sum("count"), Sum("amount"), Sum("tax"))
    )
    return {(kind, rate, total_kind): (n, amount, tax) for kind, rate, total_kind, n, amount, tax in rows if n}


def _of_kind(found: Found, kind: str) -> dict[tuple[str, str], Sums]:
    return {key[1:]: sums for key, sums in found.items() if key[0] == kind}


def _of_all(found: Found) -> dict[tuple[str, str], Sums]:
    merged: dict[tuple[str, str], Sums] = {}
    for (_kind, rate, total_kind), sums in found.items():
        merged[rate, total_kind] = add(merged.get((rate, total_kind), NOTHING), sums)
    return merged


def _table(title: str, found: dict[tuple[str, str], Sums]) -> Table:
    rates = [rate for rate in TaxRate.values if any(key[0] == rate for key in found)]
    named = [*((str(TaxRate(rate).label), rate) for rate in rates), (_("合计"), ALL_RATES)]
    rows = [row for name, rate in named for row in _rows(name, rate, found)]
    columns = (text(_("税率"), 10), text(_("类别"), 10), count(_("份数")), money(_("金额")), money(_("税额")))
    # The last row, what was really sold at all rates, is the sum of the table.
    return Table(title, columns, rows[:-1], totals=rows[-1])


def _rows(name: str, rate: str, found: dict[tuple[str, str], Sums]) -> list[tuple[Cell, ...]]:
    parts = [(str(part.label), found.get((rate, part), NOTHING)) for part in _PARTS]
    sold = NOTHING
    for part in SOLD:
        sold = add(sold, found.get((rate, part), NOTHING))
    return [(name, label, *sums) for label, sums in [*parts, (_("实际"), sold)]]
