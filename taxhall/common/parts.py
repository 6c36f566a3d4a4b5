"""Small reads fetched as one statement, so that a comparison asks once and looks at one moment.

Each part is written beside the selector it belongs to, with columns of its own, and both read by it: what counts is
said once. The database reads and plans such a statement once for a connection: planning it costs more than running it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from psycopg2.sql import SQL, Composable, Literal

from taxhall.common.prepared import execute_of

Row = dict[str, Any]
Rows = dict[str, list[Row]]
_VALUE = re.compile(r"%\((\w+)\)s")


class Part(NamedTuple):
    """A name, and a statement that is a constant: what varies goes into its parameters, its only percent signs."""

    name: str
    statement: str


class _Whole(NamedTuple):
    """The statement of several parts, and the names of its values in their order."""

    text: str
    values: tuple[str, ...]


def fetch(*parts: Part, **values: Any) -> Rows:
    """Return the rows of each part by its name, each by its columns; fractions come as Decimal, days as text."""
    found: Rows = {part.name: [] for part in parts}
    whole = _whole(parts)
    with connection.cursor() as cursor:
        statement = execute_of(cursor, whole.text, len(whole.values))
        cursor.execute(statement, [values[name] for name in whole.values])
        for name, row in cursor.fetchall():
            found[name].append(json.loads(row, parse_float=Decimal))
    return found


@cache
def _whole(parts: tuple[Part, ...]) -> _Whole:
    """Return the parts as one statement; each value has one place, by when its name first appears."""
    connection.ensure_connection()
    text = SQL(" UNION ALL ").join(map(_rows_of, parts)).as_string(connection.connection)
    order = tuple(dict.fromkeys(_VALUE.findall(text)))
    return _Whole(_VALUE.sub(lambda found: f"${order.index(found[1]) + 1}", text), order)


def _rows_of(part: Part) -> Composable:
    rows = SQL("SELECT {name}, to_jsonb(found)::text FROM ({statement}) AS found")
    return rows.format(name=Literal(part.name), statement=SQL(part.statement))
