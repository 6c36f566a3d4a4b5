"""The list of goods (销货清单) that goes with a face whose lines are more than it holds; A4, as data."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from invoicing.printing.shapes import CENTER, FORM, LEFT, RIGHT, Box, Column, FaceLayout, Rows, Square, Stroke
from invoicing.printing.values import NO_TAX

_LEFT, _RIGHT, _TOP = 12.0, 198.0, 52.0
_HEAD, _ROW, _COUNT = 7.0, 5.6, 32
_EDGES = (12.0, 22.0, 76.0, 98.0, 108.0, 124.0, 142.0, 164.0, 175.0, 198.0)
_WORDS = ("序号", "货物（劳务）名称", "规格型号", "单位", "数量", "单价", "金额", "税率", "税额")
_VALUES = ("position", "name", "spec", "unit", "quantity", "price", "amount", "rate", "tax")
_BOTTOM = _TOP + _HEAD + _ROW * _COUNT
_PAGE, _ALL, _REMARK = _BOTTOM, _BOTTOM + 6.5, _BOTTOM + 13
_END = _REMARK + 14


def _words(left: float, top: float, width: float, text: str, *, align: str = LEFT, height: float = 6.5) -> Box:
    return Box(left, top, width, height, words=text, tone=FORM, size=9, align=align)


def _columns() -> tuple[Column, ...]:
    return tuple(
        Column(
            value,
            start + 0.7,
            end - start - 1.4,
            CENTER if value in ("position", "unit", "rate") else RIGHT if at > 3 else LEFT,
            8.5,
            at > 3 or at == 0,
        )
        for at, (value, start, end) in enumerate(zip(_VALUES, _EDGES, _EDGES[1:], strict=False))
    )


def _sum_places(top: float, amount: str, tax: str) -> tuple[Box, ...]:
    return (
        Box(142.7, top, 20.6, 6.5, value=amount, size=8.5, align=RIGHT, is_whole=True),
        Box(175.7, top, 21.6, 6.5, value=tax, size=8.5, align=RIGHT, is_whole=True),
    )


def _strokes() -> tuple[Stroke, ...]:
    across = [_TOP, _TOP + _HEAD, _BOTTOM, _ALL, _REMARK, _END]
    lines = [Stroke(_LEFT, y, _RIGHT, y, 0.4 if y in (_TOP, _END) else 0.2) for y in across]
    lines += [Stroke(_LEFT, _TOP + _HEAD + _ROW * at, _RIGHT, _TOP + _HEAD + _ROW * at, 0.1) for at in range(1, _COUNT)]
    lines += [Stroke(x, _TOP, x, _REMARK, 0.2) for x in _EDGES[1:-1]]
    lines += [Stroke(_EDGES[1], _REMARK, _EDGES[1], _END, 0.2)]
    return (*lines, Stroke(_LEFT, _TOP, _LEFT, _END, 0.4), Stroke(_RIGHT, _TOP, _RIGHT, _END, 0.4))


LAYOUT = FaceLayout(
    210.0,
    297.0,
    strokes=_strokes(),
    words=(
        Box(
            12, 14, 186, 10, words="销售货物或者提供应税劳务、服务清单", size=17, align=CENTER, tone=FORM, is_bold=True
        ),
        _words(12, 29, 24, "购买方名称:"),
        _words(12, 35.5, 24, "销售方名称:"),
        Box(12, 42, 47, 6.5, value="of_kind", size=9, tone=FORM),
        _words(102, 42, 12, "号码:"),
        *(
            _words(start, _TOP, end - start, text, align=CENTER, height=_HEAD)
            for text, start, end in zip(_WORDS, _EDGES, _EDGES[1:], strict=False)
        ),
        _words(12, _PAGE, 10, "小计", align=CENTER),
        _words(12, _ALL, 10, "总计", align=CENTER),
        _words(12, _REMARK, 10, "备注", align=CENTER, height=14),
        _words(14, _END + 2, 40, "销售方（章）:"),
        _words(140, _END + 2, 22, "填开日期:"),
    ),
    places=(
        Box(34, 29, 162, 6.5, value="buyer_name", size=9.5),
        Box(34, 35.5, 162, 6.5, value="seller_name", size=9.5),
        Box(60, 42, 40, 6.5, value="code", size=9.5, is_whole=True),
        Box(113, 42, 36, 6.5, value="number", size=9.5, is_whole=True),
        Box(164, 42, 34, 6.5, value="leaf", size=9.5, align=RIGHT),
        *_sum_places(_PAGE, "page_amount", "page_tax"),
        *_sum_places(_ALL, "amount", "tax"),
        Box(23, _REMARK + 0.5, 174, 13, value="remark", size=8.5, is_top=True),
        Box(158, _END + 2, 40, 6.5, value="date"),
    ),
    rows=Rows(_TOP + _HEAD, _ROW, _COUNT, _columns()),
    qr=Square(0, 0, 0),
)


def sums_of(rows: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return the sums of the lines on one page."""
    amount = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    taxes = [Decimal(row["tax"]) for row in rows if row["tax"] != NO_TAX]
    return {"page_amount": f"¥{amount:.2f}", "page_tax": f"¥{sum(taxes, Decimal(0)):.2f}" if taxes else NO_TAX}
