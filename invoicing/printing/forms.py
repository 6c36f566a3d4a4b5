"""The faces of the invoices of the tax-control system, as data: 专用发票, 普通发票 and their electronic forms."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from invoicing.printing.shapes import (
    CENTER,
    FORM,
    LEFT,
    RIGHT,
    Box,
    Column,
    Copy,
    FaceLayout,
    Frame,
    Rows,
    Square,
    Stroke,
)

# The table of all these faces; its own corner is the origin.
TABLE_WIDTH, TABLE_HEIGHT = 192.0, 90.5
_HEAD, _LINES, _SUM, _CAPITALS, _SELLER = 20.0, 25.5, 57.5, 63.5, 70.5
_SPLIT, _LABEL = 108.0, 6.0
_LINE_COUNT, _LINE_HEIGHT = 8, 4.0
_EDGES = (0.0, 56.0, 78.0, 88.0, 106.0, 126.0, 152.0, 162.0, 192.0)
_COLUMN_WORDS = ("货物或应税劳务、服务名称", "规格型号", "单位", "数 量", "单 价", "金 额", "税率", "税 额")
_PARTY_WORDS = ("名　　　　称:", "纳税人识别号:", "地 址、电 话:", "开户行及账号:")
_PARTY_VALUES = ("name", "number", "address", "bank")


def _form(
    left: float, top: float, width: float, height: float, words: str, *, align: str = LEFT, size: float = 8.0
) -> Box:
    return Box(left, top, width, height, words=words, tone=FORM, align=align, size=size)


def _table_strokes() -> tuple[Stroke, ...]:
    wide, high = TABLE_WIDTH, TABLE_HEIGHT
    corners = ((0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high), (0.0, 0.0))
    frame = tuple(Stroke(*start, *end, 0.45) for start, end in pairwise(corners))
    across = tuple(Stroke(0, y, wide, y) for y in (_HEAD, _SUM, _CAPITALS, _SELLER))
    down = tuple(Stroke(x, _HEAD, x, _CAPITALS) for x in _EDGES[1:-1])
    down += (Stroke(_EDGES[1], _CAPITALS, _EDGES[1], _SELLER),)
    sides = tuple(
        Stroke(x, y1, x, y2)
        for x in (_LABEL, _SPLIT, _SPLIT + _LABEL)
        for y1, y2 in ((0.0, _HEAD), (_SELLER, TABLE_HEIGHT))
    )
    return frame + across + down + sides


def _table_words() -> tuple[Box, ...]:
    columns = tuple(
        _form(left, _HEAD, right - left, _LINES - _HEAD, words, align=CENTER)
        for words, left, right in zip(_COLUMN_WORDS, _EDGES, _EDGES[1:], strict=False)
    )
    parties = tuple(
        _form(_LABEL + 1.5, top + 0.3 + at * 4.85, 22, 4.85, words)
        for top in (0.0, _SELLER)
        for at, words in enumerate(_PARTY_WORDS)
    )
    sides = (
        _form(0, 0, _LABEL, _HEAD, "购\n买\n方", align=CENTER),
        _form(_SPLIT, 0, _LABEL, _HEAD, "密\n码\n区", align=CENTER),
        _form(0, _SELLER, _LABEL, TABLE_HEIGHT - _SELLER, "销\n售\n方", align=CENTER),
        _form(_SPLIT, _SELLER, _LABEL, TABLE_HEIGHT - _SELLER, "备\n\n注", align=CENTER),
    )
    sums = (
        _form(0, _SUM, _EDGES[1], 6, "合　　　　计", align=CENTER),
        _form(0, _CAPITALS, _EDGES[1], 7, "价税合计（大写）", align=CENTER),
        _form(140, _CAPITALS, 14, 7, "（小写）"),
    )
    foot = tuple(
        _form(left, TABLE_HEIGHT + 1.2, 18, 5, words)
        for left, words in ((3, "收款人:"), (52, "复核:"), (98, "开票人:"), (145, "销售方:（章）"))
    )
    return columns + parties + sides + sums + foot


def _table_places() -> tuple[Box, ...]:
    parties = tuple(
        Box(_LABEL + 23.5, top + 0.3 + at * 4.85, _SPLIT - _LABEL - 24.5, 4.85, value=f"{side}_{name}")
        for side, top in (("buyer", 0.0), ("seller", _SELLER))
        for at, name in enumerate(_PARTY_VALUES)
    )
    half = TABLE_WIDTH - _SPLIT - _LABEL
    wide = (
        Box(_SPLIT + _LABEL + 1, 1, half - 2, _HEAD - 2, value="cipher", size=11, align=CENTER),
        Box(_SPLIT + _LABEL + 1, _SELLER + 0.8, half - 2, TABLE_HEIGHT - _SELLER - 1.6, value="remark", is_top=True),
    )
    sums = (
        Box(_EDGES[5], _SUM, 25.2, 6, value="amount", align=RIGHT, is_whole=True),
        Box(_EDGES[7], _SUM, 29.2, 6, value="tax", align=RIGHT, is_whole=True),
        Box(_EDGES[1] + 2, _CAPITALS, 80, 7, value="capitals", size=10),
        Box(154, _CAPITALS, 37, 7, value="total", size=10, is_whole=True),
    )
    foot = tuple(
        Box(left, TABLE_HEIGHT + 1.2, 32, 5, value=value)
        for left, value in ((15, "payee"), (61.5, "reviewer"), (110, "drawer"))
    )
    return parties + wide + sums + foot


def _columns(left: float) -> tuple[Column, ...]:
    found = []
    for value, start, end in zip(
        ("name", "spec", "unit", "quantity", "price", "amount", "rate", "tax"), _EDGES, _EDGES[1:], strict=False
    ):
        align = {"unit": CENTER, "rate": CENTER, "name": LEFT, "spec": LEFT}.get(value, RIGHT)
        is_whole = value in ("quantity", "price", "amount", "tax", "rate")
        found.append(Column(value, left + start + 0.8, end - start - 1.6, align, 8.5, is_whole))
    return tuple(found)


# The faces on paper: 241 x 140 mm with the holes of the feeder at both sides.
PAPER = (241.0, 140.0)
PAPER_CORNER = (22.0, 31.0)
# The electronic ones, as their official files are.
SHEET = (210.0, 140.0)
_SHEET_CORNER = (9.0, 34.0)
SPECIAL_COPIES = (
    Copy("account", "第一联：记账联", "销售方记账凭证"),
    Copy("deduct", "第二联：抵扣联", "购买方扣税凭证"),
    Copy("buyer", "第三联：发票联", "购买方记账凭证"),
)
ORDINARY_COPIES = (
    Copy("account", "第一联：记账联", "销售方记账凭证"),
    Copy("buyer", "第二联：发票联", "购买方记账凭证"),
)
_CHECKED = (
    _form(46, 19.5, 18, 4.5, "机器编号:"),
    _form(46, 24.5, 18, 4.5, "校 验 码:"),
)
_CHECKED_PLACES = (
    Box(62, 19.5, 36, 4.5, value="machine", size=8),
    Box(62, 24.5, 50, 4.5, value="check", size=8, is_whole=True),
)


def _layout(
    own: FaceLayout, *, corner: tuple[float, float], extra: tuple[tuple[Box, ...], tuple[Box, ...]] = ((), ())
) -> FaceLayout:
    """Put the table at its corner of a face that has only a head so far."""
    left, top = corner
    return replace(
        own,
        strokes=own.strokes + tuple(each.moved(left, top) for each in _table_strokes()),
        words=own.words + tuple(each.moved(left, top) for each in _table_words()) + extra[0],
        places=own.places + tuple(each.moved(left, top) for each in _table_places()) + extra[1],
        rows=Rows(top + _LINES, _LINE_HEIGHT, _LINE_COUNT, _columns(left)),
    )


def _paper(copies: tuple[Copy, ...]) -> FaceLayout:
    """Return the head of a paper face: code, title and number are printed beforehand, and again small."""
    return FaceLayout(
        *PAPER,
        strokes=(Stroke(86, 17.2, 150, 17.2, 0.3), Stroke(86, 18.2, 150, 18.2, 0.3)),
        words=(
            Box(46, 8, 36, 8, value="code", size=14, tone=FORM, is_whole=True),
            Box(84, 7, 68, 9.5, value="title", size=18, align=CENTER, tone=FORM, is_whole=True, is_bold=True),
            Box(159, 8, 34, 8, value="numbered", size=15, tone=FORM, is_whole=True),
            _form(154, 24.5, 18, 4.5, "开票日期:"),
            Box(215, 33, 4.5, 86, value="copy", size=7.5, tone=FORM, align=CENTER),
        ),
        places=(
            Box(194, 7, 24, 4.5, value="code", size=8, is_whole=True),
            Box(194, 11.5, 24, 4.5, value="number", size=8, is_whole=True),
            Box(171, 24.5, 40, 4.5, value="date"),
            Box(100, 24.5, 30, 4.5, value="mark", align=CENTER),
        ),
        rows=Rows(0, 0, 0, ()),
        qr=Square(23, 8, 20),
        copies=copies,
        frame=Frame(*PAPER_CORNER, TABLE_WIDTH, TABLE_HEIGHT),
    )


def _sheet() -> FaceLayout:
    """Return the head of an electronic face: everything is written at once, a seal stands over the title."""
    labels = ("发票代码:", "发票号码:", "开票日期:")
    return FaceLayout(
        *SHEET,
        strokes=(Stroke(68, 15.2, 142, 15.2, 0.3), Stroke(68, 16.2, 142, 16.2, 0.3)),
        words=(
            Box(62, 5.5, 86, 9.5, value="title", size=18, align=CENTER, tone=FORM, is_whole=True, is_bold=True),
            *(_form(149, 7 + 5 * at, 17, 5, words) for at, words in enumerate(labels)),
        ),
        places=(
            Box(165.5, 7, 35.5, 5, value="code", is_whole=True),
            Box(165.5, 12, 35.5, 5, value="number", is_whole=True),
            Box(165.5, 17, 35.5, 5, value="date"),
            Box(149, 28, 50, 5, value="mark"),
        ),
        rows=Rows(0, 0, 0, ()),
        qr=Square(11, 6.5, 20),
        seal=Box(90, 18.5, 30, 13.5, words="监制章处\n样章，无效力", size=8, align=CENTER, tone=FORM),
    )


_CHECKED_SHEET = (
    (_form(149, 22, 17, 5, "校 验 码:"), _form(10, 28, 18, 5, "机器编号:")),
    (
        Box(165.5, 22, 35.8, 5, value="check", size=8.5, is_whole=True),
        Box(26, 28, 40, 5, value="machine"),
    ),
)

SPECIAL = _layout(_paper(SPECIAL_COPIES), corner=PAPER_CORNER)
ORDINARY = _layout(_paper(ORDINARY_COPIES), corner=PAPER_CORNER, extra=(_CHECKED, _CHECKED_PLACES))
E_SPECIAL = _layout(_sheet(), corner=_SHEET_CORNER)
E_ORDINARY = _layout(_sheet(), corner=_SHEET_CORNER, extra=_CHECKED_SHEET)
