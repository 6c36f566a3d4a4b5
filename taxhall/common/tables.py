"""Tables of a report as values: made once, then shown on a page or written to a file, so that both say the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

Cell = str | int | Decimal | date | None


class Kind(Enum):
    """What stands in a column."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    DAY = "day"

    @property
    def is_number(self) -> bool:
        """Whether its figures stand at the right."""
        return self in (Kind.COUNT, Kind.MONEY)


@dataclass(frozen=True)
class Column:
    """One column; `width` is in characters of a sheet."""

    label: str
    kind: Kind = Kind.TEXT
    width: int = 14


@dataclass(frozen=True)
class Table:
    """One table; the first column names the row. Rows may be read once only, as a long list comes from a cursor."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Cell, ...]]
    totals: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Book:
    """What a report holds: a heading, who and when, and its tables."""

    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    note: str = ""


def cell_text(value: Any, kind: Kind) -> str:
    """Write a cell for a page or a document; an absent one is empty."""
    if value is None:
        return ""
    if kind is Kind.MONEY:
        return f"{value:,.2f}"
    if kind is Kind.COUNT:
        return f"{value:,}"
    return value.isoformat() if isinstance(value, date) else str(value)
