"""Small reads fetched as one statement, so that a comparison asks once and looks at one moment.

Each part is written beside the selector it belongs to, with columns of its own, and both read by it: what counts is
said once. The database reads and plans such a statement once for a connection: planning it costs more than running it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg2.sql import SQL, Composable, Literal

Row = dict[str, Any]
Rows = dict[str, list[Row]]
_VALUE = re.compile(r"%\((\w+)\)s")


class Part(NamedTuple):
    """A name, and a statement that is a constant: what varies goes into its parameters, its only percent signs."""

    name: str
    statement: str


class _Prepared(NamedTuple):
    """The statement that runs what a connection has prepared, and its values in their order."""

    statement: str
    values: tuple[str, ...]


# What each open connection has prepared; it is gone with the connection.
_prepared: WeakKeyDictionary[Any, dict[tuple[Part, ...], _Prepared]] = WeakKeyDictionary()


def fetch(*parts: Part, **values: Any) -> Rows:
    """Return the rows of each part by its name, each by its columns; fractions come as Decimal, days as text."""
    found: Rows = {part.name: [] for part in parts}
    with connection.cursor() as cursor:
        # The driver's own cursor raises the driver's own errors, which nobody who asks looks for.
        with connection.wrap_database_errors:
            run = _prepare(cursor.cursor, parts)
        cursor.execute(run.statement, [values[name] for name in run.values])
        for name, row in cursor.fetchall():
            found[name].append(json.loads(row, parse_float=Decimal))
    return found


def _prepare(cursor: Any, parts: tuple[Part, ...]) -> _Prepared:
    """Prepare the parts on a connection that has not done so, below whatever counts the hall's statements."""
    known = _prepared.setdefault(cursor.connection, {})
    if parts not in known:
        order = _order(parts)
        whole = SQL(" UNION ALL ").join(_rows_of(part) for part in parts).as_string(cursor)
        # Named by what it says: a pooler that mixes up connections can make it fail, never run another one.
        name = f"parts_{sha256(whole.encode()).hexdigest()[:32]}"
        cursor.execute(f"PREPARE {name} AS {_VALUE.sub(lambda found: f'${order.index(found[1]) + 1}', whole)}")
        known[parts] = _Prepared(f"EXECUTE {name} ({', '.join(['%s'] * len(order))})", order)
    return known[parts]


def _order(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """Return the names of the values that the parts take, each once, as they first appear."""
    return tuple(dict.fromkeys(_VALUE.findall(" ".join(part.statement for part in parts))))


def _rows_of(part: Part) -> Composable:
    rows = SQL("SELECT {name}, to_jsonb(found)::text FROM ({statement}) AS found")
    return rows.format(name=Literal(part.name), statement=SQL(part.statement))
