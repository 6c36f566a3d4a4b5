"""Writing a book of tables as XLSX, CSV or PDF. Text stays text: no cell of a file is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from django.db.models import TextChoices
from django.utils import timezone

from taxhall.common import clock
from taxhall.common.pdf import render_pdf
from taxhall.common.tables import Book, Cell, Kind, Table, cell_text


class FileFormat(TextChoices):
    """What a report can be written as."""

    XLSX = "xlsx", "Excel"
    CSV = "csv", "CSV"
    PDF = "pdf", "PDF"


MEDIA_TYPES = {
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.PDF: "application/pdf",
}
# What a spreadsheet may take for the start of a formula, also behind blanks; the full-width forms included.
_LIVE = frozenset("=+-@\t\r\n\0＝＋－＠")
_FORMATS = {
    Kind.MONEY: {"num_format": "#,##0.00;[Red]-#,##0.00"},
    Kind.COUNT: {"num_format": "#,##0;[Red]-#,##0"},
    Kind.DAY: {"num_format": "yyyy-mm-dd", "align": "left"},
    Kind.TEXT: {"num_format": "@"},
}
_ROWS_OF_A_SHEET = 1_048_576


def write_book(book: Book, target: BinaryIO, file_format: str) -> None:
    """Write the book; XLSX and CSV take rows one by one and hold none, a PDF is made as a whole."""
    if file_format == FileFormat.XLSX:
        _write_xlsx(book, target)
    elif file_format == FileFormat.CSV:
        _write_csv(book, target)
    else:
        target.write(render_pdf("documents/report.html", {"book": printed(book)}))


def book_bytes(book: Book, file_format: str) -> bytes:
    """Return the file of a book that fits in memory."""
    target = io.BytesIO()
    write_book(book, target, file_format)
    return target.getvalue()


def printed(book: Book) -> dict[str, Any]:
    """Return the book with every cell written out, for a template."""
    return {
        "title": book.title,
        "facts": book.facts,
        "note": book.note,
        "tables": [_printed(each) for each in book.tables],
    }


def _printed(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "columns": table.columns,
        "rows": [_printed_row(table, row) for row in table.rows],
        "totals": _printed_row(table, table.totals) if table.totals else [],
    }


def _printed_row(table: Table, row: Iterable[Cell]) -> list[dict[str, Any]]:
    pairs = zip(row, table.columns, strict=True)
    return [
        {
            "text": cell_text(value, column.kind),
            "is_number": column.kind.is_number,
            "is_negative": column.kind.is_number and isinstance(value, int | Decimal) and value < 0,
        }
        for value, column in pairs
    ]


def _write_csv(book: Book, target: BinaryIO) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text)
    for row in _csv_rows(book):
        writer.writerow(row)
    text.flush()
    text.detach()


def _csv_rows(book: Book) -> Iterator[list[str]]:
    yield [inert(book.title)]
    for label, value in book.facts:
        yield [inert(label), inert(value)]
    for table in book.tables:
        yield []
        if table.title:
            yield [inert(table.title)]
        yield [inert(column.label) for column in table.columns]
        for row in table.rows:
            yield _csv_row(row)
        if table.totals:
            yield _csv_row(table.totals)


def _csv_row(row: Iterable[Cell]) -> list[str]:
    # Figures are written bare: a negative one must stay a number.
    return [inert(cell) if isinstance(cell, str) else "" if cell is None else str(cell) for cell in row]


def inert(text: str) -> str:
    """Return text that no spreadsheet takes for a formula, with a leading apostrophe where it might."""
    return f"'{text}" if text.lstrip(' \ufeff\u3000"')[:1] in _LIVE and text.strip() else text


def _write_xlsx(book: Book, target: BinaryIO) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as workbook:
        workbook.set_properties({"title": book.title, "created": timezone.make_naive(clock.now())})
        for number, table in enumerate(book.tables, start=1):
            _write_sheet(workbook, table, number)
        about = workbook.add_worksheet("说明")
        about.set_column(0, 1, 28)
        for row, (label, value) in enumerate(
            [("报表", book.title), *book.facts, *([("说明", book.note)] if book.note else [])]
        ):
            about.write_string(row, 0, label)
            about.write_string(row, 1, value)


def _write_sheet(workbook: Any, table: Table, number: int) -> None:
    sheet = workbook.add_worksheet(_sheet_name(table.title, number))
    head = workbook.add_format({"bold": True, "bg_color": "#F2F5F9", "bottom": 1})
    cells = [workbook.add_format(_FORMATS[column.kind]) for column in table.columns]
    sums = [workbook.add_format({**_FORMATS[column.kind], "bold": True, "top": 1}) for column in table.columns]
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width)
        sheet.write_string(0, index, column.label, head)
    line = 0
    for line, row in enumerate(table.rows, start=1):
        if line == _ROWS_OF_A_SHEET - 1:
            raise OverflowError("more rows than a sheet holds")
        _write_cells(sheet, line, row, cells)
    if table.totals:
        _write_cells(sheet, line + 1, table.totals, sums)


def _sheet_name(title: str, number: int) -> str:
    name = "".join(sign for sign in title if sign not in "[]:*?/\\'")[:26]
    return f"{number} {name}".strip()


def _write_cells(sheet: Any, line: int, row: Iterable[Cell], formats: list[Any]) -> None:
    for index, (value, style) in enumerate(zip(row, formats, strict=True)):
        if value is None:
            sheet.write_blank(line, index, None, style)
        elif isinstance(value, str):
            sheet.write_string(line, index, value, style)
        elif isinstance(value, date):
            sheet.write_datetime(line, index, value, style)
        else:
            sheet.write_number(line, index, value, style)
