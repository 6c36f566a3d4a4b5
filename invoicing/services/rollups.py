"""Making the rollups anew from the invoices, and proving that they are equal to them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from invoicing.models import CustomerTotal, GoodsTotal, Invoice, MonthTotal

# What each rollup must hold, counted from the rows themselves and not by the trigger's own function.
_PLACED = """
    SELECT id, taxpayer_id, date_trunc('month', dated_on)::date AS month, device_id, kind, buyer_number, buyer_name,
           amount, tax, CASE WHEN total < 0 THEN 'negative' ELSE 'positive' END
                     || CASE WHEN state = 'voided' THEN '_void' ELSE '' END AS total_kind
    FROM invoicing_invoice WHERE number <> ''"""
_OF_INVOICES = "count(*) AS count, sum(placed.amount) AS amount, sum(placed.tax) AS tax"
_OF_LINES = "count(DISTINCT placed.id) AS count, sum(line.amount) AS amount, sum(line.tax) AS tax"


@dataclass(frozen=True)
class Rollup:
    """A table, its own part of the key, and how its rows are counted from the invoices."""

    table: str
    key: str
    counted: str

    @property
    def columns(self) -> str:
        """Every column of the table in one order."""
        return f"taxpayer_id, month, device_id, {self.key}, total_kind, count, amount, tax"


def _of_lines(key: str) -> str:
    place = f"placed.taxpayer_id, placed.month, placed.device_id, {key}, placed.total_kind"
    lines = "placed JOIN invoicing_invoiceline AS line ON line.invoice_id = placed.id"
    return f"SELECT {place}, {_OF_LINES} FROM {lines} GROUP BY 1, 2, 3, 4, 5, 6"  # noqa: S608  (names of our own columns)


def _of_invoices(key: str) -> str:
    place = f"taxpayer_id, month, device_id, {key}, total_kind"
    return f"SELECT {place}, {_OF_INVOICES} FROM placed GROUP BY 1, 2, 3, 4, 5, 6"  # noqa: S608  (names of our own columns)


ROLLUPS = (
    Rollup(
        MonthTotal._meta.db_table,
        "kind, rate",
        _of_invoices("kind, '' AS rate") + " UNION ALL " + _of_lines("placed.kind, line.rate"),
    ),
    Rollup(
        CustomerTotal._meta.db_table,
        "buyer_number, buyer_name",
        _of_invoices("buyer_number, buyer_name"),
    ),
    Rollup(GoodsTotal._meta.db_table, "tax_code, name", _of_lines("line.tax_code, line.name")),
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
    # A row that was emptied again by a void says nothing and is no difference.
    kept = f"SELECT {rollup.columns} FROM {rollup.table} WHERE (count, amount, tax) <> (0, 0, 0)"  # noqa: S608
    sql = f"""
        WITH placed AS ({_PLACED}), counted AS ({rollup.counted}), kept AS ({kept})
        SELECT (SELECT count(*) FROM counted),
               (SELECT count(*) FROM (TABLE counted EXCEPT TABLE kept) AS missing)
             + (SELECT count(*) FROM (TABLE kept EXCEPT TABLE counted) AS extra)"""  # noqa: S608
    cursor.execute(sql)
    rows, drifted = cursor.fetchone() or (0, 0)
    return RollupCheck(rollup.table, rows, drifted)


@transaction.atomic
def rebuild_rollups() -> list[RollupCheck]:
    """Count every rollup anew from the invoices; nobody issues or voids meanwhile, readers see the old ones."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Invoice._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        for rollup in ROLLUPS:
            cursor.execute(f"DELETE FROM {rollup.table}")  # noqa: S608  (names of our own tables)
            cursor.execute(f"WITH placed AS ({_PLACED}) INSERT INTO {rollup.table} ({rollup.columns}) {rollup.counted}")
    return check_rollups()
