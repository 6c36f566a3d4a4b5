"""Workbooks as we write them: row by row in constant memory, text as text, money as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

Cell = str | Decimal | int | None
# Nothing of a text becomes a formula, a link or a number by its look.
_PLAIN = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
# Signs that XML cannot hold; xlsxwriter writes them in the form _xHHHH_ that spreadsheets know.
MAX_TEXT = 32_767


class BookWriter:
    """One workbook that is being written to a file; sheets one after the other."""

    def __init__(self, out: IO[bytes]) -> None:
        self._book: Any = xlsxwriter.Workbook(out, dict(_PLAIN))
        self._head = self._book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
        self._money = self._book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})
        self._text = self._book.add_format({"num_format": "@"})

    def sheet(self, name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
        """Write one sheet with a head that stays in sight; return how many rows."""
        sheet = self._book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(head) - 1), 18)
        for column, title in enumerate(head):
            sheet.write_string(0, column, title, self._head)
        at = 0
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                self._write(sheet, at, column, value)
        return at

    def raw_sheet(self, name: str, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows that bring their own head."""
        sheet = self._book.add_worksheet(name[:31])
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                self._write(sheet, at, column, value)

    def close(self) -> None:
        """Finish the file."""
        self._book.close()

    def _write(self, sheet: Any, row: int, column: int, value: Cell) -> None:
        if value is None or value == "":
            return
        if isinstance(value, str):
            sheet.write_string(row, column, value[:MAX_TEXT], self._text)
        elif isinstance(value, Decimal):
            sheet.write_number(row, column, value, self._money)
        else:
            sheet.write_number(row, column, value)
