"""The one inner shape of what a file says, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

# A cell as text, or a sign in front of it that it lost something on the way (see files.cells).
Values = dict[str, str]


@dataclass(frozen=True)
class Limits:
    """How much of a file is read; more is refused before it costs memory."""

    size: int = 100 * 1024 * 1024
    sheet_size: int = 20 * 1024 * 1024
    rows: int = 500_000
    sheet_cells: int = 6_000_000
    columns: int = 200


@dataclass
class ReadLine:
    """One line of an invoice, as the file says it; `row` is where."""

    row: int
    values: Values


@dataclass
class ReadInvoice:
    """One invoice, as the file says it."""

    row: int
    values: Values
    lines: list[ReadLine] = field(default_factory=list)


@dataclass(frozen=True)
class ReadFile:
    """A file that was understood: its format, how it calls each field, and its invoices, read when asked for."""

    format: str
    columns: Mapping[str, str]
    invoices: Callable[[], Iterator[ReadInvoice]]
