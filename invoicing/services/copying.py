"""Many rows at once by COPY: the fastest way in that still passes every constraint and trigger of the table."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, models

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Take primary keys from the table's own sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Write unsaved rows inside the caller's transaction; keys that are not set are the database's."""
    fields: Sequence[Any] = [each for each in model._meta.concrete_fields if not each.primary_key]
    rows = list(rows)
    if rows and rows[0].pk is not None:
        fields = [model._meta.pk, *fields]
    names = [each.attname for each in fields]
    for row in rows:
        for each in fields:
            if getattr(each, "auto_now", False):
                each.pre_save(row, add=True)
    text = "".join("\t".join(map(_as_text, [getattr(row, name) for name in names])) + "\n" for row in rows)
    quoted = ", ".join(connection.ops.quote_name(each.column) for each in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        # Names come from the model, values go through COPY's own text form.
        cursor.copy_expert(f"COPY {table} ({quoted}) FROM STDIN", io.StringIO(text))


def _as_text(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
    return str(value)
