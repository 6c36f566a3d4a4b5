"""Many rows at once by COPY: the fastest way in that still passes every constraint and trigger of the table."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.db import connection, models

_SIGNS = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES = str.maketrans(_SIGNS)
# What str() writes as COPY reads it.
_PLAIN = {bool, int, Decimal, UUID}


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Take primary keys from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(pattern: models.Model, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows inside the caller's transaction: each gives the same columns, and has the pattern's in all others.

    The pattern is an unsaved row; a primary key that the rows do not give is the database's.
    """
    if not rows:
        return
    names = tuple(rows[0])
    fields: dict[str, Any] = {each.attname: each for each in pattern._meta.concrete_fields}
    shared = {name: each for name, each in fields.items() if name not in names and not each.primary_key}
    for each in shared.values():
        if getattr(each, "auto_now", False):
            each.pre_save(pattern, add=True)
    # What is the same in every row is put into words once.
    tail = "".join("\t" + _as_text(getattr(pattern, name)) for name in shared) + "\n"
    words = [_words([row[name] for row in rows]) for name in names]
    text = tail.join(map("\t".join, zip(*words, strict=True))) + tail
    quoted = ", ".join(connection.ops.quote_name(fields[name].column) for name in (*names, *shared))
    table = connection.ops.quote_name(pattern._meta.db_table)
    with connection.cursor() as cursor:
        # Names come from the model, values go through COPY's own text form.
        cursor.copy_expert(f"COPY {table} ({quoted}) FROM STDIN", io.StringIO(text))


def _words(values: Sequence[object]) -> Sequence[str]:
    """Put a column into words; it is looked at as a whole first, for few columns hold anything to escape."""
    kinds = set(map(type, values))
    if kinds == {str}:
        texts = cast("Sequence[str]", values)
        whole = "".join(texts)
        return texts if not any(sign in whole for sign in _SIGNS) else [text.translate(_ESCAPES) for text in texts]
    return list(map(str if kinds <= _PLAIN else _as_text, values))


def _as_text(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
    return str(value)
