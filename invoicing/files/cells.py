"""Where the cells of a sheet lie, read from its bytes: a far cell is laid out as millions of empty ones before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from django.utils.translation import gettext_lazy as _

from invoicing.files.problems import FileRefusedError
from invoicing.files.shapes import Limits

# Any part is taken for a sheet that says so: what the workbook calls its sheets may be named anything.
_SHEET = b"sheetData"
_OPENING = re.compile(rb"<(?:[^\s<>/:]+:)?(?:c|row|f)(?=[\s/>])")
# A cell or row with its place first, as nearly every program writes it.
_USUAL = re.compile(rb"<(?:c|row) r=\"([A-Z]{0,3})(\d{1,7})\"(?=[\s/>])")
# Without `<` in its attributes, which XML forbids; a tag that has one is found as an opening alone.
_TAG = re.compile(rb"<(?:[^\s<>/:]+:)?(c|row|f)(?=[\s/>])((?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*)>")
_PLACE = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([^\"']*)[\"']")
_CELL = re.compile(rb"([A-Za-z]{0,3})(\d{1,7})")
# Text in a cell ends long before that; only a part made to be held in memory has no sign for so long.
MAX_SILENCE = 1024 * 1024
# Of the header of a column, in an error.
_LONGEST_NAME = 12
# As much of a part that is no sheet yet as the tag that makes it one may take.
_KEPT = 4096


class CellScan:
    """Looks through one part of a workbook piece by piece, each tag once, and refuses what is no bounded sheet."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rest = b""
        self._is_sheet = False
        self._row = self._column = self._lowest = self._widest = 0

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes. Raises: FileRefusedError for formulas, far cells, tags that cannot be read."""
        window = self._rest + piece
        cut = max(0, window.rfind(b"<"))
        if not self._is_sheet:
            cut = max(cut, len(window) - _KEPT)
        elif len(window) - cut > MAX_SILENCE:
            raise damaged()
        self._look(window[:cut])
        self._rest = window[cut:]

    def close(self) -> None:
        """Look at what is left. Raises: FileRefusedError."""
        self._look(self._rest)

    def _look(self, text: bytes) -> None:
        if not self._is_sheet:
            # Where a part becomes a sheet its cells follow; what stands before holds none.
            self._is_sheet = _SHEET in text
        if not self._is_sheet:
            return
        openings = len(_OPENING.findall(text))
        if openings and not self._is_usual(text, openings):
            self._look_closely(text, openings)

    def _is_usual(self, text: bytes, openings: int) -> bool:
        """Take many cells at once, when all of them say where they are and none is far away."""
        places = _USUAL.findall(text)
        if len(places) != openings:
            return False
        letters, digits = zip(*places, strict=True)
        lowest = max(self._lowest, *map(int, set(digits)))
        widest = max(self._widest, *map(column_number, set(letters)))
        if widest > self._limits.columns or lowest * widest > self._limits.sheet_cells:
            return False
        self._lowest, self._widest = lowest, widest
        self._row, self._column = int(digits[-1]), column_number(letters[-1])
        return True

    def _look_closely(self, text: bytes, openings: int) -> None:
        found = 0
        for tag in _TAG.finditer(text):
            found += 1
            self._place(tag[1], tag[2])
        if found != openings:
            raise damaged()

    def _place(self, name: bytes, attributes: bytes) -> None:
        if name == b"f":
            raise formula_refusal(f"{column_letters(self._column)}{self._row}" if self._column else "?")
        letters, digits = _place_in(attributes)
        if name == b"row":
            self._row, self._column = int(digits) if digits else self._row + 1, 0
            return
        if not digits:
            self._column += 1
        elif letters:
            self._column, self._row = column_number(letters), int(digits)
        else:
            raise damaged()
        self._count(is_empty=attributes.endswith(b"/"))

    def _count(self, *, is_empty: bool) -> None:
        # An empty cell is only a look, and is not laid out.
        if not is_empty:
            self._lowest, self._widest = max(self._lowest, self._row), max(self._widest, self._column)
        if self._column > self._limits.columns or self._lowest * self._widest > self._limits.sheet_cells:
            raise too_many(self._limits)


def _place_in(attributes: bytes) -> tuple[bytes, bytes]:
    """Return letters and digits of the place that a tag names; none where it names none."""
    place = _PLACE.search(attributes)
    if place is None:
        return b"", b""
    found = _CELL.fullmatch(place[1])
    if found is None:
        raise damaged()
    return found[1].upper(), found[2]


def column_number(letters: bytes) -> int:
    """Return the number of a column, counted from one."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def column_letters(number: int) -> str:
    """Return the letters of a column, counted from one."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def formula_refusal(place: object) -> FileRefusedError:
    """Return the refusal of a cell whose value is computed when it is opened."""
    return FileRefusedError(
        "import.formula",
        _("单元格 %(place)s 是公式，公式的结果会随打开的软件变化，没有读取。") % {"place": place},
        _("请选中全部单元格，复制后“选择性粘贴—数值”，再保存上传。"),
    )


# So many cells are named at once; whoever made more works on whole columns.
MOST_FORMULAS = 20


def formulas_refusal(found: Iterator[tuple[int, int]], names: Mapping[int, str]) -> FileRefusedError:
    """Return the refusal of the cells of a text (row, column) that would be computed, by the names of their columns."""
    told = list(islice(found, MOST_FORMULAS + 1))
    rows: dict[int, list[int]] = {}
    for row, column in told[:MOST_FORMULAS]:
        rows.setdefault(column, []).append(row)
    places = [_formula_place(column, at, names) for column, at in sorted(rows.items())]
    more = _("等") if len(told) > MOST_FORMULAS else ""
    return formula_refusal(f"{'；'.join(places)}{more}")


def _formula_place(column: int, rows: list[int], names: Mapping[int, str]) -> str:
    name = names.get(column, "")[:_LONGEST_NAME]
    named = _("“%(name)s”列") % {"name": name} if name else _("第 %(column)d 列") % {"column": column}
    return str(_("%(column)s第 %(rows)s 行") % {"column": named, "rows": "、".join(map(str, rows))})


def too_many(limits: Limits) -> FileRefusedError:
    """Return the refusal of a table that is too large."""
    return FileRefusedError(
        "import.too_many_rows",
        _("表格太大：最多 %(rows)d 行、%(columns)d 列（空白单元格之外的数据也算在内）。")
        % {"rows": limits.rows, "columns": limits.columns},
        _("请删除多余的行列，或分成几个文件导入。"),
    )


def damaged() -> FileRefusedError:
    """Return the refusal of a workbook that cannot be opened."""
    return FileRefusedError(
        "import.damaged",
        _("工作簿不完整、有密码或已损坏，打不开。"),
        _("请取消密码，在表格软件中另存为新的 .xlsx 文件后再试。"),
    )
