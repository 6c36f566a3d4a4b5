"""Customers and goods in files: read by header names, whoever wrote them, and written so that they come back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from invoicing.files import headers, tables
from invoicing.files.problems import FileRefusedError
from invoicing.files.reading import tables_of
from invoicing.files.shapes import Limits, Values
from invoicing.files.workbooks import BookWriter

MOST_ROWS = 3_000
# Some programs write a title above the headers.
_HEAD_WITHIN = 10
LIMITS = Limits(
    size=5 * 1024 * 1024, sheet_size=5 * 1024 * 1024, rows=MOST_ROWS + _HEAD_WITHIN, sheet_cells=200_000, columns=60
)
# Kind of basics -> field -> its headers; the first is the one of our own files.
HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "customers": {
        "name": ("客户名称", "名称", "单位名称", "购方名称", "购买方名称"),
        "number": (
            "纳税人识别号",
            "税号",
            "客户税号",
            "购方税号",
            "统一社会信用代码",
            "统一社会信用代码/纳税人识别号",
            "购买方纳税人识别号",
        ),
        "address": ("地址、电话", "地址电话", "客户地址电话", "购方地址电话"),
        "street": ("地址", "注册地址"),
        "phone": ("电话", "联系电话", "注册电话"),
        "bank": ("开户行及账号", "开户银行及账号", "购方银行账号", "客户银行账号"),
        "bank_name": ("开户行", "开户银行"),
        "account": ("银行账号", "账号"),
    },
    "goods": {
        "name": ("商品名称", "名称", "项目名称", "货物名称", "货物或应税劳务、服务名称"),
        "tax_code": (
            "税收分类编码",
            "商品和服务税收分类编码",
            "商品和服务税收编码",
            "商品和服务分类编码",
            "税收编码",
            "税务编码",
        ),
        # Another number in some programs, the tax code in others; it counts where there is no other.
        "own_code": ("商品编码", "编码"),
        "rate": ("税率/征收率", "税率", "征收率"),
        "spec": ("规格型号", "规格"),
        "unit": ("单位", "计量单位"),
        "price": ("单价", "商品单价"),
        "relief": ("优惠政策说明", "优惠政策类型"),
        "zero_mark": ("零税率标识",),
        "is_tax_inclusive": ("含税标志", "含税价标志", "是否含税", "含税"),
    },
}
# What our own files have.
OWN_COLUMNS: dict[str, tuple[str, ...]] = {
    "customers": ("name", "number", "address", "bank"),
    "goods": ("name", "tax_code", "rate", "spec", "unit", "price"),
}
# Without these a row of cells is no row of headers.
_NEEDED: dict[str, tuple[str, ...]] = {"customers": ("name",), "goods": ("name", "rate")}
_SAMPLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "customers": (
        ("西安样例科技有限公司", "91610131000000019Y", "西安市样例路1号 029-00000000", "样例银行 6100000000001"),
        ("赵六", "", "", ""),
    ),
    "goods": (
        ("软件维护", "3040203000000000000", "6%", "", "项", "1000"),
        ("打印纸", "1060105040000000000", "13%", "A4", "箱", "101.5"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class BasicLine:
    """One row of a file: where it stands, and its cells by field."""

    row: int
    values: Values


def read_basics(slug: str, *, name: str, content: bytes) -> list[BasicLine]:
    """Return the rows of the sheet that has our headers. Raises: FileRefusedError with the cause."""
    found = [lines for table in tables_of(name=name, content=content, limits=LIMITS) if (lines := _headed(slug, table))]
    if len(found) > 1:
        raise FileRefusedError(
            "basics.two_sheets",
            _("有几张工作表都有这些列，不知道用哪一张，没有读取任何资料。"),
            _("请分成几个文件，每个文件一张工作表。"),
        )
    if found:
        return list(found[0])
    raise FileRefusedError(
        "basics.no_headers",
        _("没有找到列名，没有读取任何资料。"),
        _("文件里要有这些列：%(names)s；可以下载模板填写。")
        % {"names": "、".join(HEADERS[slug][field][0] for field in OWN_COLUMNS[slug])},
    )


def _headed(slug: str, table: tables.Table) -> Iterator[BasicLine] | None:
    """Return the rows below the headers of a sheet; None when it has none."""
    rows = list(table.rows)
    for at, cells in enumerate(rows[:_HEAD_WITHIN], start=1):
        columns = _columns(slug, cells)
        if all(field in columns.values() for field in _NEEDED[slug]) and len(columns) > 1:
            return _lines(rows[at:], columns, first=at + 1)
    return None


def _columns(slug: str, cells: Sequence[str]) -> dict[int, str]:
    """Return which column holds which field; the first of two same ones counts."""
    known = {headers.plain(each): field for field, names in HEADERS[slug].items() for each in names}
    found: dict[int, str] = {}
    for at, cell in enumerate(cells):
        field = known.get(headers.plain(cell))
        if field is not None and field not in found.values():
            found[at] = field
    return found


def _lines(rows: Iterable[Sequence[str]], columns: Mapping[int, str], *, first: int) -> Iterator[BasicLine]:
    for row, cells in enumerate(rows, start=first):
        values = {field: cells[at].strip() for at, field in columns.items() if at < len(cells)}
        if any(values.values()):
            yield BasicLine(row, values)


def column_label(slug: str, field: str) -> str:
    """Return what our own files call a field."""
    return HEADERS[slug][field][0]


def basics_file(slug: str, rows: Iterable[Sequence[str]], *, file_format: str) -> bytes:
    """Write rows of our own columns as "xlsx" or "csv"; every text comes back as it was."""
    head = [column_label(slug, field) for field in OWN_COLUMNS[slug]]
    if file_format == "csv":
        out = io.StringIO(newline="")
        csv.writer(out).writerows([head, *([tables.cloaked(cell) for cell in row] for row in rows)])
        return out.getvalue().encode("utf-8-sig")
    book_file = io.BytesIO()
    book = BookWriter(book_file)
    book.sheet("基础资料", head, rows)
    book.close()
    return book_file.getvalue()


def basics_template(slug: str) -> bytes:
    """Return a workbook to begin with, with two rows of invented content."""
    return basics_file(slug, _SAMPLES[slug], file_format="xlsx")
