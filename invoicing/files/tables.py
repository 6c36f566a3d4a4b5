"""Rows of cells as text, whether from a workbook or from comma-separated text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

import python_calamine
from django.utils.translation import gettext_lazy as _

from invoicing.files import archive, cells, headers, oldbook, text
from invoicing.files.problems import FileRefusedError
from invoicing.files.shapes import Limits

Row = list[str]
# Beyond fifteen digits a spreadsheet's number has lost the rest.
_EXACT = 10**15


class Table:
    """One sheet by name; its rows are counted from one, as people see them."""

    def __init__(self, name: str, rows: list[Row] | Iterator[Row]) -> None:
        self.name = name
        self.rows = rows


def workbook_tables(content: bytes, limits: Limits) -> list[Table]:
    """Return the sheets of a workbook, old or new. Raises: FileRefusedError."""
    if len(content) > limits.sheet_size:
        raise FileRefusedError(
            "import.too_large",
            _("工作簿有 %(size).1f MB，超过 %(limit)d MB 的上限。")
            % {"size": len(content) / 1048576, "limit": limits.sheet_size // 1048576},
            _("请分成几个文件，或另存为 CSV 后再导入。"),
        )
    if content.startswith(oldbook.SIGNATURE):
        oldbook.examine_old_workbook(content, limits)
    else:
        archive.examine_workbook(content, limits)
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        return [Table(name, _sheet(book, name, limits)) for name in book.sheet_names]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileRefusedError(
            "import.damaged",
            _("工作簿不完整、有密码或已损坏，打不开。"),
            _("请在表格软件中另存为新的 .xlsx 文件后再试。"),
        ) from error


def csv_table(content: bytes, limits: Limits) -> Table:
    """Return the rows of comma-separated text (or tab-separated). Raises: FileRefusedError."""
    plain = text.opened(content)
    head = plain.read(4096).partition("\n")[0]
    plain.seek(0)
    delimiter = max((",", "\t", ";", "，"), key=head.count)
    reader = csv.reader(plain, delimiter=delimiter)
    return Table("CSV", _bounded(reader, limits))


def _bounded(reader: Iterator[Row], limits: Limits) -> Iterator[Row]:
    names: dict[int, str] = {}
    try:
        for number, row in enumerate(reader, start=1):
            if number > limits.rows or len(row) > limits.columns:
                raise cells.too_many(limits)
            # The signs that matter are rare and stand first in a cell; the text itself holds no such mark.
            beginnings = _MARK + _MARK.join(row)
            if _FORMULA in beginnings:
                raise cells.formulas_refusal(_formulas(chain([row], reader), number, limits), names)
            if not names:
                names = _names(row)
            yield [uncloaked(cell) for cell in row] if _CLOAKED in beginnings else row
    except csv.Error as error:
        raise FileRefusedError(
            "import.csv_broken", _("CSV 文件的引号或换行有误，读不下去。"), _("请从原软件重新导出，或改用 .xlsx。")
        ) from error


def _names(row: Row) -> dict[int, str]:
    """Return what the columns are called, counted from one, when the row is one of headers."""
    is_head = len(headers.fields_of(row)) >= headers.FEWEST
    return {at: cell.strip().strip("\ufeff") for at, cell in enumerate(row, start=1)} if is_head else {}


def _formulas(rows: Iterator[Row], first: int, limits: Limits) -> Iterator[tuple[int, int]]:
    """Yield row and column of each cell that would be computed, from a row on."""
    for number, row in zip(range(first, limits.rows + 1), rows, strict=False):
        yield from ((number, at) for at, cell in enumerate(row, start=1) if cell.startswith("="))


# Between the cells of a row that is looked through at once; `text` refuses a file that has one.
_MARK = "\0"
_FORMULA, _CLOAKED = f"{_MARK}=", f"{_MARK}'"
# What a spreadsheet would run when a cell begins with it, full-width forms included.
_LIVE = tuple("=+-@\t\r\n＝＋－＠")
_BEFORE = "\ufeff\"' "


def cloaked(text: str) -> str:
    """Return a text so that no spreadsheet takes it for a formula: an apostrophe in front, where it is needed."""
    return f"'{text}" if text.startswith("'") or text.lstrip(_BEFORE).startswith(_LIVE) else text


def uncloaked(text: str) -> str:
    """Take that apostrophe off again; the text is what it was."""
    return text[1:] if text.startswith("'") and cloaked(text[1:]) == text else text


def _sheet(book: python_calamine.CalamineWorkbook, name: str, limits: Limits) -> list[Row]:
    sheet = book.get_sheet_by_name(name)
    if sheet.height > limits.rows or sheet.width > limits.columns or sheet.height * sheet.width > limits.sheet_cells:
        raise cells.too_many(limits)
    return [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float | int):
        return _number(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    if abs(value) >= _EXACT:
        # Kept in the form that the checks know as lost digits.
        return f"{value:.5E}"
    if value == int(value):
        return str(int(value))
    return format(Decimal(repr(value)), "f")
