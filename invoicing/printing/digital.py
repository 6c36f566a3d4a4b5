"""The face of a digital invoice (数电票), as data: no code, no cipher, parties side by side, lines on as many pages."""

from __future__ import annotations

from itertools import pairwise

from invoicing.printing.shapes import CENTER, FORM, LEFT, RIGHT, Box, Column, FaceLayout, Rows, Square, Stroke

_LEFT, _TOP, _WIDTH = 8.0, 30.0, 194.0
_MIDDLE, _LABEL, _CAPITALS_LABEL = 97.0, 6.0, 52.0
# From the top of the table: head of the columns, lines, sum of the page, sum, capitals, remark, end.
_HEAD, _LINES, _PAGE, _SUM, _CAPITALS, _REMARK, _END = 17.5, 23.5, 63.5, 68.0, 73.5, 81.0, 97.0
_LINE_HEIGHT, _LINE_COUNT = 5.0, 8
_EDGES = (0.0, 52.0, 76.0, 86.0, 106.0, 130.0, 154.0, 170.0, 194.0)
_COLUMNS = (
    ("name", "项目名称", LEFT),
    ("spec", "规格型号", LEFT),
    ("unit", "单 位", CENTER),
    ("quantity", "数 量", RIGHT),
    ("price", "单 价", RIGHT),
    ("amount", "金 额", RIGHT),
    ("rate", "税率/征收率", CENTER),
    ("tax", "税 额", RIGHT),
)


def _form(
    left: float, top: float, width: float, height: float, words: str, *, align: str = LEFT, size: float = 8.0
) -> Box:
    return Box(left, top, width, height, words=words, tone=FORM, align=align, size=size)


def _strokes() -> tuple[Stroke, ...]:
    corners = ((0.0, 0.0), (_WIDTH, 0.0), (_WIDTH, _END), (0.0, _END), (0.0, 0.0))
    frame = tuple(Stroke(*start, *end, 0.45) for start, end in pairwise(corners))
    across = tuple(Stroke(0, y, _WIDTH, y) for y in (_HEAD, _CAPITALS, _REMARK))
    down = tuple(Stroke(x, 0, x, _HEAD) for x in (_LABEL, _MIDDLE, _MIDDLE + _LABEL))
    down += (Stroke(_CAPITALS_LABEL, _CAPITALS, _CAPITALS_LABEL, _REMARK), Stroke(_LABEL, _REMARK, _LABEL, _END))
    return frame + across + down


def _words() -> tuple[Box, ...]:
    columns = tuple(
        _form(left + 0.8, _HEAD, right - left - 1.6, _LINES - _HEAD, words, align=RIGHT if align == RIGHT else CENTER)
        for (_value, words, align), left, right in zip(_COLUMNS, _EDGES, _EDGES[1:], strict=False)
    )
    sides = tuple(
        box
        for words, left in (("购\n买\n方\n信\n息", 0.0), ("销\n售\n方\n信\n息", _MIDDLE))
        for box in (
            _form(left, 0, _LABEL, _HEAD, words, align=CENTER, size=7.5),
            _form(left + _LABEL + 1.5, 1.8, 10, 6, "名称:"),
            _form(left + _LABEL + 1.5, 9.5, 45, 6, "统一社会信用代码/纳税人识别号:"),
        )
    )
    sums = (
        _form(0, _SUM, _EDGES[1], _CAPITALS - _SUM, "合　　　　计", align=CENTER),
        _form(0, _CAPITALS, _CAPITALS_LABEL, _REMARK - _CAPITALS, "价税合计（大写）", align=CENTER),
        _form(140, _CAPITALS, 14, _REMARK - _CAPITALS, "（小写）"),
        _form(0, _REMARK, _LABEL, _END - _REMARK, "备\n\n注", align=CENTER),
        _form(10, _END + 1.2, 14, 5, "开票人:"),
    )
    return columns + sides + sums


def _sum_places(top: float, height: float, amount: str, tax: str) -> tuple[Box, ...]:
    return (
        Box(_EDGES[5] - 8, top, _EDGES[6] - _EDGES[5] + 7.2, height, value=amount, align=RIGHT, is_whole=True),
        Box(_EDGES[7] - 4, top, _EDGES[8] - _EDGES[7] + 3.2, height, value=tax, align=RIGHT, is_whole=True),
    )


def _places() -> tuple[Box, ...]:
    parties = tuple(
        box
        for side, left in (("buyer", _LABEL), ("seller", _MIDDLE + _LABEL))
        for box in (
            Box(left + 10.5, 0.8, _MIDDLE - _LABEL - 11.5, 8, value=f"{side}_name"),
            Box(left + 46.5, 9.5, _MIDDLE - _LABEL - 47.5, 6, value=f"{side}_number", is_whole=True),
        )
    )
    return (
        *parties,
        Box(0, _PAGE, _EDGES[1], _SUM - _PAGE, value="page_label", size=8, align=CENTER, tone=FORM),
        *_sum_places(_PAGE, _SUM - _PAGE, "page_amount", "page_tax"),
        *_sum_places(_SUM, _CAPITALS - _SUM, "amount", "tax"),
        Box(_CAPITALS_LABEL + 2, _CAPITALS, 85, _REMARK - _CAPITALS, value="capitals", size=10),
        Box(154, _CAPITALS, 39, _REMARK - _CAPITALS, value="total", size=10, is_whole=True),
        Box(_LABEL + 1.5, _REMARK + 0.8, _WIDTH - _LABEL - 3, _END - _REMARK - 1.6, value="remark", is_top=True),
        Box(24, _END + 1.2, 60, 5, value="drawer"),
    )


def _columns() -> tuple[Column, ...]:
    return tuple(
        Column(value, _LEFT + left + 0.8, right - left - 1.6, align, 8.5, align == RIGHT or value == "rate")
        for (value, _words, align), left, right in zip(_COLUMNS, _EDGES, _EDGES[1:], strict=False)
    )


LAYOUT = FaceLayout(
    210.0,
    140.0,
    strokes=(
        Stroke(62, 15.2, 148, 15.2, 0.3),
        Stroke(62, 16.2, 148, 16.2, 0.3),
        *(each.moved(_LEFT, _TOP) for each in _strokes()),
    ),
    words=(
        Box(57, 5.5, 96, 9.5, value="title", size=18, align=CENTER, tone=FORM, is_whole=True, is_bold=True),
        _form(153, 8, 17, 5, "发票号码:"),
        _form(153, 14, 17, 5, "开票日期:"),
        *(each.moved(_LEFT, _TOP) for each in _words()),
    ),
    places=(
        Box(168.5, 8, 33.5, 5, value="number", is_whole=True),
        Box(168.5, 14, 33.5, 5, value="date"),
        Box(153, 20, 49, 5, value="leaf", size=8),
        *(each.moved(_LEFT, _TOP) for each in _places()),
    ),
    rows=Rows(_TOP + _LINES, _LINE_HEIGHT, _LINE_COUNT, _columns()),
    qr=Square(10, 6, 21),
    goes_on=True,
    seal=Box(90, 17.5, 30, 11.5, words="监制章处\n样章，无效力", size=8, align=CENTER, tone=FORM),
)
