"""Pages of a long list by the key of their edge rows: the thousandth page costs what the first does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Field, Func, IntegerField, Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)
_AFTER, _BEFORE = "a", "b"


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """Some rows, and the cursors of the pages beside them; an empty cursor means there is none."""

    rows: tuple[Row, ...]
    previous: str
    next: str

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)


def keyset_page(found: QuerySet[Row], *, order: tuple[str, ...], size: int, cursor: str = "") -> KeysetPage[Row]:
    """Return one page of a list in the given order: all columns in one direction, the last of them unique.

    A cursor that cannot be read shows the first page, as a page number that does not exist would.
    """
    is_back, edge = _read(found, order, cursor)
    descending = order[0].startswith("-") != is_back
    names = [name.removeprefix("-") for name in order]
    found = found.order_by(*(f"-{name}" if descending else name for name in names))
    if edge:
        found = found.filter(_beyond(names, edge, "<" if descending else ">"))
    rows = list(found[: size + 1])
    has_more, rows = len(rows) > size, rows[:size]
    if is_back:
        rows.reverse()
    # Where one came from there is something, at least the row of the cursor.
    has_previous, has_next = (has_more, bool(edge)) if is_back else (bool(edge), has_more)
    return KeysetPage(
        rows=tuple(rows),
        previous=_cursor(_BEFORE, rows[0], names) if rows and has_previous else "",
        next=_cursor(_AFTER, rows[-1], names) if rows and has_next else "",
    )


def _beyond(names: list[str], edge: list[Any], sign: str) -> Func:
    """Compare whole rows, which an index in the same order answers by starting at the edge."""

    def row(*parts: Any) -> Func:
        return Func(*parts, template="(%(expressions)s)", output_field=IntegerField())

    left = row(*(F(name) for name in names))
    return Func(left, row(*edge), template="%(expressions)s", arg_joiner=f" {sign} ", output_field=BooleanField())


def _cursor(side: str, row: Model, names: list[str]) -> str:
    return "_".join([side, *(str(getattr(row, name)) for name in names)])


def _read(found: QuerySet[Row], order: tuple[str, ...], cursor: str) -> tuple[bool, list[Any]]:
    side, *texts = cursor.split("_")
    if side not in (_AFTER, _BEFORE) or len(texts) != len(order):
        return False, []
    fields = [cast("Field[Any, Any]", found.model._meta.get_field(name.removeprefix("-"))) for name in order]
    try:
        values = [field.to_python(text) for field, text in zip(fields, texts, strict=True)]
    except ValidationError:
        return False, []
    return side == _BEFORE, [Value(value, field) for value, field in zip(values, fields, strict=True)]
