"""The same sheet back, with what is wrong beside each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO

from invoicing.files import reading
from invoicing.files.shapes import ReadFile, ReadInvoice
from invoicing.files.tables import Table
from invoicing.files.workbooks import BookWriter

PROBLEM_COLUMN = "问题"
# (row, column label, text)
Told = tuple[int, str, str]


def write_marked(out: IO[bytes], *, name: str, content: bytes, read: ReadFile, problems: Sequence[Told]) -> None:
    """Write a workbook of the file's rows with a last column 问题; an XML file becomes one row a line."""
    book = BookWriter(out)
    if read.format in ("kp", "baiwang"):
        book.raw_sheet("发票", _marked(_rows_of_xml(read), _by_row(problems)))
    else:
        tables = reading.tables_of(name=name, content=content)
        for table in tables:
            rows = list(table.rows)
            book.raw_sheet(
                table.name, _marked(rows, _by_row(_of_sheet(Table(table.name, rows), problems, len(tables))))
            )
    book.close()


def _of_sheet(table: Table, problems: Sequence[Told], sheets: int) -> Sequence[Told]:
    """Keep the problems of one sheet: those in columns that it has."""
    if sheets == 1:
        return problems
    heads = {cell.strip() for row in list(table.rows)[:10] for cell in row}
    return [told for told in problems if told[1] in heads]


def _by_row(problems: Iterable[Told]) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    for row, column, text in problems:
        found.setdefault(row, []).append(f"{column}：{text}")
    return {row: "；".join(texts) for row, texts in found.items()}


def _marked(rows: Iterable[Sequence[str]], told: Mapping[int, str]) -> Iterator[list[str]]:
    rows = list(rows)
    width = max((len(row) for row in rows), default=0)
    first = min((at for at, row in enumerate(rows, start=1) if sum(1 for cell in row if cell) >= 3), default=1)
    for at, row in enumerate(rows, start=1):
        beside = PROBLEM_COLUMN if at == first else told.get(at, "")
        yield [*row, *[""] * (width - len(row)), beside]


def _rows_of_xml(read: ReadFile) -> Iterator[list[str]]:
    fields = [field for field in read.columns if field not in ("red", "line_kind")]
    yield [read.columns[field] for field in fields]
    for invoice in read.invoices():
        yield from _rows(invoice, fields)


def _rows(invoice: ReadInvoice, fields: Sequence[str]) -> Iterator[list[str]]:
    for own in [line.values for line in invoice.lines] or [{}]:
        values = invoice.values | own
        yield [values.get(field, "") for field in fields]
