"""Running totals of a month: what goes in when an invoice is signed, and moves when it is voided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from devices.protocol import profiles
from devices.protocol.constants import NEGATIVE, POSITIVE, RATES, TOTAL_KINDS, VOID_TOTAL_OF
from devices.protocol.messages import InvoiceOrder, TotalRow
from devices.protocol.wire import Inner, Many
from devices.virtual.values import MonthState, RecordState

_ROWS = Many(Inner(TotalRow), 256)
RowKey = tuple[str, str, str]


def with_invoice(month: MonthState, order: InvoiceOrder, counter: int) -> MonthState:
    """Return the month with one more invoice."""
    rows = _added(month.rows, order, _total_kind(order), sign=1)
    return replace(
        month,
        rows=rows,
        invoice_count=month.invoice_count + 1,
        first_counter=month.first_counter or counter,
        last_counter=counter,
    )


def with_void(month: MonthState, record: RecordState, counter: int) -> MonthState:
    """Return the month with an invoice moved from its total to the void total (正废, 负废)."""
    order = InvoiceOrder.from_bytes(record.totals)
    kind = _total_kind(order)
    rows = _added(_added(month.rows, order, kind, sign=-1), order, VOID_TOTAL_OF[kind], sign=1)
    return replace(month, rows=rows, last_counter=counter)


def digest_of(rows: tuple[TotalRow, ...], algorithm: str) -> str:
    """Return the digest of totals as they stand in records, by the disk's own profile."""
    return profiles.get(algorithm).digest(_ROWS.encode(rows)).hex()


def merged(months: Iterable[MonthState]) -> tuple[TotalRow, ...]:
    """Return the rows of several months and kinds together, sorted by kind, rate and kind of total."""
    found: dict[RowKey, TotalRow] = {}
    for month in months:
        for row in month.rows:
            _add(found, row, 1)
    return _sorted(found)


def _total_kind(order: InvoiceOrder) -> str:
    return NEGATIVE if order.is_red else POSITIVE


def _added(rows: tuple[TotalRow, ...], order: InvoiceOrder, total_kind: str, *, sign: int) -> tuple[TotalRow, ...]:
    found = {(row.kind, row.rate, row.total_kind): row for row in rows}
    for item in order.totals:
        row = TotalRow(
            kind=order.kind, rate=item.rate, total_kind=total_kind, count=1, amount=item.amount, tax=item.tax
        )
        _add(found, row, sign)
    return _sorted(found)


def _add(found: dict[RowKey, TotalRow], row: TotalRow, sign: int) -> None:
    key = (row.kind, row.rate, row.total_kind)
    zero = Decimal("0.00")
    before = found.get(key) or replace(row, count=0, amount=zero, tax=zero)
    found[key] = replace(
        before,
        count=before.count + sign * row.count,
        amount=before.amount + sign * row.amount,
        tax=before.tax + sign * row.tax,
    )
    if not found[key].count:
        del found[key]


def _sorted(found: dict[RowKey, TotalRow]) -> tuple[TotalRow, ...]:
    return tuple(
        sorted(
            found.values(),
            key=lambda row: (row.kind, RATES.index(row.rate), TOTAL_KINDS.index(row.total_kind)),
        )
    )
