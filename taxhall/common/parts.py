"""Small reads fetched as one statement, so that a comparison asks once and looks at one moment.

Each part is written beside the selector it belongs to, with columns of its own, and both read by it: what counts is
said once.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from psycopg2.sql import SQL, Composable, Literal

Row = dict[str, Any]
Rows = dict[str, list[Row]]


class Part(NamedTuple):
    """A name, and a statement that is a constant: what varies goes into its parameters."""

    name: str
    statement: str


def fetch(*parts: Part, **values: Any) -> Rows:
    """Return the rows of each part by its name, each by its columns; fractions come as Decimal, days as text."""
    whole = SQL(" UNION ALL ").join(_rows_of(part) for part in parts)
    found: Rows = {part.name: [] for part in parts}
    with connection.cursor() as cursor:
        cursor.execute(whole.as_string(cursor.cursor), values)
        for name, row in cursor.fetchall():
            found[name].append(json.loads(row, parse_float=Decimal))
    return found


def _rows_of(part: Part) -> Composable:
    rows = SQL("SELECT {name}, to_jsonb(found)::text FROM ({statement}) AS found")
    return rows.format(name=Literal(part.name), statement=SQL(part.statement))
