"""The test page of a printer: marks where the corners of a form must be, and the names of the places."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoicing.printing.fitting import fit
from invoicing.printing.forms import ORDINARY, PAPER, PAPER_CORNER, TABLE_HEIGHT, TABLE_WIDTH
from invoicing.printing.shapes import CENTER, Box, Page, Stroke, Text

_ARM = 5.0
_NAMES = {
    "code": gettext_lazy("发票代码"),
    "number": gettext_lazy("发票号码"),
    "date": gettext_lazy("开票日期"),
    "machine": gettext_lazy("机器编号"),
    "check": gettext_lazy("校验码"),
    "buyer_name": gettext_lazy("购买方名称"),
    "buyer_number": gettext_lazy("购买方纳税人识别号"),
    "buyer_address": gettext_lazy("购买方地址、电话"),
    "buyer_bank": gettext_lazy("购买方开户行及账号"),
    "seller_name": gettext_lazy("销售方名称"),
    "seller_number": gettext_lazy("销售方纳税人识别号"),
    "seller_address": gettext_lazy("销售方地址、电话"),
    "seller_bank": gettext_lazy("销售方开户行及账号"),
    "cipher": gettext_lazy("密码区"),
    "remark": gettext_lazy("备注"),
    "amount": gettext_lazy("合计金额"),
    "tax": gettext_lazy("合计税额"),
    "capitals": gettext_lazy("价税合计（大写）"),
    "total": gettext_lazy("价税合计（小写）"),
    "payee": gettext_lazy("收款人"),
    "reviewer": gettext_lazy("复核"),
    "drawer": gettext_lazy("开票人"),
}


def trial_page(*, right: int, down: int) -> Page:
    """Return the test page of a paper form, moved by the nudge (tenths of a millimetre) as a print would be."""
    return Page(
        *PAPER,
        texts=tuple(_texts(right, down)),
        strokes=tuple(_marks()),
        right=right / 10,
        down=down / 10,
    )


def _marks() -> Iterator[Stroke]:
    """Yield a cross at each corner of the table, and a ruler of five centimetres."""
    left, top = PAPER_CORNER
    for x in (left, left + TABLE_WIDTH):
        for y in (top, top + TABLE_HEIGHT):
            yield Stroke(x - _ARM, y, x + _ARM, y, 0.2)
            yield Stroke(x, y - _ARM, x, y + _ARM, 0.2)
    for at in range(51):
        yield Stroke(left + at, 135, left + at, 135 - (3 if at % 10 == 0 else 2 if at % 5 == 0 else 1), 0.1)


def _texts(right: int, down: int) -> Iterator[Text]:
    for box in ORDINARY.places:
        if name := _NAMES.get(box.value):
            yield fit(box, str(name))
    rows = ORDINARY.rows
    for column in rows.columns:
        box = Box(column.left, rows.top, column.width, rows.height, size=column.size, align=column.align)
        yield fit(box, "123.00" if column.is_whole else "样例文字")
    left = PAPER_CORNER[0]
    yield fit(
        Box(left + 55, 130.5, 150, 5, size=8),
        _("打印测试页　微调：向右 %(right).1f 毫米，向下 %(down).1f 毫米　左侧标尺长 50 毫米")
        % {"right": right / 10, "down": down / 10},
    )
    yield fit(
        Box(60, 7, 90, 10, size=9, align=CENTER),
        _("四个十字应与票面表格的四角重合；没有重合的，量出差多少，填入微调后再打一次。"),
    )
