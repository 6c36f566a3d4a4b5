"""What a file is, by its content; the name must agree with it."""

from __future__ import annotations

from pathlib import PurePath

from django.utils.translation import gettext_lazy as _

from invoicing.files import oldbook, sheets, tables, text, vendors
from invoicing.files.problems import FileRefusedError
from invoicing.files.shapes import Limits, ReadFile

ENDINGS = (".xlsx", ".xls", ".csv", ".txt", ".xml")
_NEW_BOOK = b"PK\x03\x04"


def read_file(*, name: str, content: bytes, limits: Limits | None = None) -> ReadFile:
    """Return what the file says. Raises: FileRefusedError with the cause.

    The invoices are read when they are asked for, so that reading them may raise FileRefusedError too.
    """
    limits = limits or Limits()
    _require_size(content, limits)
    if content[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \r\n\t").startswith(b"<"):
        _require(_ending(name), ".xml")
        return vendors.read_xml(text.decoded(content).lstrip("\ufeff"))
    return sheets.read_tables(tables_of(name=name, content=content, limits=limits), format_name=_ending(name)[1:])


def tables_of(*, name: str, content: bytes, limits: Limits | None = None) -> list[tables.Table]:
    """Return the sheets of a file that is no XML. Raises: FileRefusedError."""
    limits = limits or Limits()
    if content.startswith(_NEW_BOOK):
        _require(_ending(name), ".xlsx")
        return tables.workbook_tables(content, limits)
    if content.startswith(oldbook.SIGNATURE):
        _require(_ending(name), ".xls")
        return tables.workbook_tables(content, limits)
    _require(_ending(name), ".csv")
    return [tables.csv_table(content, limits)]


def _ending(name: str) -> str:
    found = PurePath(name).suffix.lower()
    return ".csv" if found == ".txt" else found


def _require_size(content: bytes, limits: Limits) -> None:
    if not content.strip():
        raise FileRefusedError("import.empty", _("文件是空的。"), _("请检查导出是否完成。"))
    if len(content) > limits.size:
        raise FileRefusedError(
            "import.too_large",
            _("文件有 %(size).1f MB，超过 %(limit)d MB 的上限。")
            % {"size": len(content) / 1048576, "limit": limits.size // 1048576},
            _("请分成几个文件后再导入。"),
        )


def _require(ending: str, allowed: str) -> None:
    if ending != allowed:
        raise FileRefusedError(
            "import.ending_differs",
            _("文件名以“%(ending)s”结尾，内容却是 %(real)s，没有读取。")
            % {"ending": ending[:10] or "?", "real": allowed.lstrip(".")},
            _("请用原软件重新导出，不要手工改扩展名。"),
        )
