"""Making the rollups anew from the invoices, and proving that they are equal to them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Identifier

from invoicing.models import CustomerTotal, GoodsTotal, MonthTotal, SalesTotal

# What each rollup must hold, counted from the rows themselves and not by the trigger's own function.
_PLACED = SQL("""
    SELECT id, taxpayer_id, date_trunc('month', dated_on)::date AS month, device_id, kind, buyer_number, buyer_name,
           amount, tax, CASE WHEN total < 0 THEN 'negative' ELSE 'positive' END
                     || CASE WHEN state = 'voided' THEN '_void' ELSE '' END AS total_kind
    FROM invoicing_invoice WHERE number <> ''""")
_OF_INVOICES = SQL("""
    SELECT taxpayer_id, month, device_id, {key}, total_kind, count(*) AS count, sum(amount) AS amount, sum(tax) AS tax
    FROM placed GROUP BY 1, 2, 3, 4, 5, 6""")
_OF_LINES = SQL("""
    SELECT placed.taxpayer_id, placed.month, placed.device_id, {key}, placed.total_kind,
           count(DISTINCT placed.id) AS count, sum(line.amount) AS amount, sum(line.tax) AS tax
    FROM placed JOIN invoicing_invoiceline AS line ON line.invoice_id = placed.id
    GROUP BY placed.taxpayer_id, placed.month, placed.device_id, {key}, placed.total_kind""")
# A row that was emptied again by a void says nothing and is no difference.
_CHECK = SQL("""
    WITH placed AS ({placed}), counted AS ({counted}),
         kept AS (SELECT {columns} FROM {table} WHERE (count, amount, tax) <> (0, 0, 0))
    SELECT (SELECT count(*) FROM counted),
           (SELECT count(*) FROM (TABLE counted EXCEPT TABLE kept) AS missing)
         + (SELECT count(*) FROM (TABLE kept EXCEPT TABLE counted) AS extra)""")


@dataclass(frozen=True)
class Rollup:
    """A table, its own part of the key, and how its rows are counted from the invoices."""

    table: str
    key: tuple[str, ...]
    counted: Composable

    @property
    def parts(self) -> dict[str, Composable]:
        """What the statements about it are filled with."""
        names = ("taxpayer_id", "month", "device_id", *self.key, "total_kind", "count", "amount", "tax")
        columns = SQL(", ").join(Identifier(name) for name in names)
        return {"placed": _PLACED, "counted": self.counted, "columns": columns, "table": Identifier(self.table)}


ROLLUPS = (
    Rollup(
        MonthTotal._meta.db_table,
        ("kind", "rate"),
        SQL(" UNION ALL ").join(
            [_OF_INVOICES.format(key=SQL("kind, '' AS rate")), _OF_LINES.format(key=SQL("placed.kind, line.rate"))]
        ),
    ),
    Rollup(
        CustomerTotal._meta.db_table,
        ("buyer_number", "buyer_name"),
        _OF_INVOICES.format(key=SQL("buyer_number, buyer_name")),
    ),
    Rollup(GoodsTotal._meta.db_table, ("tax_code", "name"), _OF_LINES.format(key=SQL("line.tax_code, line.name"))),
    Rollup(
        SalesTotal._meta.db_table,
        ("kind", "rate", "section"),
        _OF_LINES.format(key=SQL("placed.kind, line.rate, left(line.tax_code, 1)")),
    ),
)


@dataclass(frozen=True)
class RollupCheck:
    """What a comparison of one rollup with the invoices found."""

    table: str
    rows: int
    drifted: int


def check_rollups() -> list[RollupCheck]:
    """Compare every rollup with the invoices, each in one statement and so at one moment; nothing waits for it."""
    with connection.cursor() as cursor:
        return [_check(cursor, rollup) for rollup in ROLLUPS]


def _check(cursor: CursorWrapper, rollup: Rollup) -> RollupCheck:
    cursor.execute(_CHECK.format(**rollup.parts))
    rows, drifted = cursor.fetchone() or (0, 0)
    return RollupCheck(rollup.table, rows, drifted)


@transaction.atomic
def rebuild_rollups() -> list[RollupCheck]:
    """Count every rollup anew from the invoices; nobody issues or voids meanwhile, readers see the old ones."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE invoicing_invoice IN SHARE ROW EXCLUSIVE MODE")
        for rollup in ROLLUPS:
            cursor.execute(SQL("DELETE FROM {table}").format(table=Identifier(rollup.table)))
            fill = SQL("WITH placed AS ({placed}) INSERT INTO {table} ({columns}) {counted}")
            cursor.execute(fill.format(**rollup.parts))
    return check_rollups()
