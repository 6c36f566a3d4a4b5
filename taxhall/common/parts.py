"""Parts of statements: small reads of one shape, so that a comparison fetches all it looks at as one statement.

Each part is written beside the selector it belongs to, and both read by it: what counts is said once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from taxhall.common.money import ZERO


class Found(NamedTuple):
    """One row of any part; what the part does not tell is empty. `number` is a count, or the key of a row."""

    what: str
    code: str
    kind: str
    words: str
    number: int | None
    amount: Decimal | None
    tax: Decimal | None
    day: date | None


class Parts:
    """What the parts of one statement found, by the part."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows: Mapping[str, list[Found]] = defaultdict(list)
        for row in rows:
            self._rows[row[0]].append(Found._make(row))

    def of(self, what: str) -> list[Found]:
        """Return the rows of one part."""
        return self._rows.get(what, [])

    def amount(self, what: str) -> Decimal:
        """Return the sum that a part of one row found; nothing where there was nothing to add up."""
        return sum((each.amount or ZERO for each in self.of(what)), ZERO)

    def count(self, what: str) -> int:
        """Return what a part of one row counted."""
        return sum(each.number or 0 for each in self.of(what))


def latest(rows: list[Found], *, kind: str = "") -> dict[str, Found]:
    """Return for each code the row that began last, of two of one day the one written last."""
    wanted = [row for row in rows if row.kind == kind]
    wanted.sort(key=lambda row: (row.day or date.min, row.number or 0))
    return {row.code: row for row in wanted}


def fetch(*parts: str, **values: Any) -> Parts:
    """Fetch parts as one statement; they must be constants of the selectors, what varies goes into the values."""
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return Parts(cursor.fetchall())
