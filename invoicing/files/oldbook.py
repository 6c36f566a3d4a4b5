"""Workbooks of the old kind (.xls): looked through record by record before their values are taken."""

from __future__ import annotations

import io
import struct

import olefile
from django.utils.translation import gettext_lazy as _

from invoicing.files.archive import formula_refusal
from invoicing.files.problems import FileRefusedError

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMULA, _SUPBOOK, _FILEPASS = 0x0006, 0x01AE, 0x002F
# A SUPBOOK of the book itself has this in place of a name.
_INTERNAL = b"\x01\x04"


def examine_old_workbook(content: bytes) -> None:
    """Refuse passwords, macros, references to other files and formulas. Raises: FileRefusedError."""
    stream = _book(content)
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + length]
        if kind == _FILEPASS:
            raise _damaged()
        if kind == _FORMULA and len(body) >= 4:
            row, column = struct.unpack_from("<HH", body)
            raise formula_refusal(f"{_letters(column)}{row + 1}")
        if kind == _SUPBOOK and body[2:4] != _INTERNAL:
            raise _foreign()
        at += 4 + length


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


def _letters(column: int) -> str:
    text, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


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
