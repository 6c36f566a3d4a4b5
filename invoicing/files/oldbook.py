"""Workbooks of the old kind (.xls): looked through record by record before their values are taken."""

from __future__ import annotations

import io
import struct

import olefile
from django.utils.translation import gettext_lazy as _

from invoicing.files.cells import column_letters, formula_refusal, too_many
from invoicing.files.problems import FileRefusedError
from invoicing.files.shapes import Limits

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMULA, _SUPBOOK, _FILEPASS, _DIMENSIONS = 0x0006, 0x01AE, 0x002F, 0x0200
# Records that put a value somewhere: number, text, logical value, RK, several RK, shared text, rich text.
_MULTIPLE = 0x00BD
_PLACED = frozenset({0x0203, 0x0204, 0x0205, 0x027E, _MULTIPLE, 0x00FD, 0x00D6})
# A SUPBOOK of the book itself has this in place of a name.
_INTERNAL = b"\x01\x04"


def examine_old_workbook(content: bytes, limits: Limits) -> None:
    """Refuse passwords, macros, references to other files, formulas and cells far away. Raises: FileRefusedError."""
    stream = _book(content)
    at = lowest = widest = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + length]
        if kind == _FILEPASS:
            raise _damaged()
        if kind == _FORMULA and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            raise formula_refusal(f"{column_letters(column + 1)}{row + 1}")
        if kind in _PLACED and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            lowest, widest = max(lowest, row + 1), max(widest, _last_column(kind, body, column) + 1)
        if kind == _DIMENSIONS:
            _require_small(body, limits)
        if widest > limits.columns or lowest * widest > limits.sheet_cells:
            raise too_many(limits)
        if kind == _SUPBOOK and body[2:4] != _INTERNAL:
            raise _foreign()
        at += 4 + length


def _last_column(kind: int, body: bytes, first: int) -> int:
    """Return the last column of a record; one that holds several cells names it at its end."""
    found: int = struct.unpack_from("<H", body, len(body) - 2)[0] if kind == _MULTIPLE else first
    return max(found, first)


def _require_small(body: bytes, limits: Limits) -> None:
    """Refuse a size that the sheet only claims: room is made for it before a cell is read."""
    if len(body) < 10:
        return
    shape = "<IIHH" if len(body) >= 14 else "<HHHH"
    first, end, left, right = struct.unpack_from(shape, body) if len(body) >= struct.calcsize(shape) else (0, 0, 0, 0)
    if max(0, end - first) * max(0, right - left) > limits.sheet_cells:
        raise too_many(limits)


def _book(content: bytes) -> bytes:
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as book:
            if any(part[0].upper().startswith("_VBA") for part in book.listdir()):
                raise _foreign()
            name = next(each for each in ("Workbook", "Book") if book.exists(each))
            stream: bytes = book.openstream(name).read()
    except (OSError, StopIteration, ValueError, IndexError, struct.error) as error:
        raise _damaged() from error
    return stream


def _foreign() -> FileRefusedError:
    return FileRefusedError(
        "import.external_reference",
        _("工作簿里有宏或对其他文件的引用，没有读取。"),
        _("请新建一个工作簿，只粘贴数值后再上传。"),
    )


def _damaged() -> FileRefusedError:
    return FileRefusedError(
        "import.damaged",
        _("工作簿不完整、有密码或已损坏，打不开。"),
        _("请取消密码，在表格软件中另存为新的文件后再试。"),
    )
