"""The test page of a printer: marks where the corners of a form must be, and the names of the places."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.choices import InvoiceKind
from invoicing.printing.fitting import fit
from invoicing.printing.pages import LAYOUTS
from invoicing.printing.shapes import CENTER, Box, FaceLayout, Frame, Page, Stroke, Text

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
    "vehicle_type": gettext_lazy("车辆类型"),
    "brand_model": gettext_lazy("厂牌型号"),
    "origin": gettext_lazy("产地"),
    "certificate_number": gettext_lazy("合格证号"),
    "import_certificate": gettext_lazy("进口证明书号"),
    "inspection_number": gettext_lazy("商检单号"),
    "engine_number": gettext_lazy("发动机号码"),
    "vin": gettext_lazy("车辆识别代号/车架号码"),
    "seller_phone": gettext_lazy("电话"),
    "seller_account": gettext_lazy("账号"),
    "seller_street": gettext_lazy("地址"),
    "seller_banker": gettext_lazy("开户银行"),
    "rate": gettext_lazy("税率"),
    "bureau": gettext_lazy("主管税务机关及代码"),
    "tax_receipt": gettext_lazy("完税凭证号码"),
    "tonnage": gettext_lazy("吨位"),
    "seats": gettext_lazy("人数"),
}
# The forms there are, each by one of the kinds that are written on it.
_FORMS: tuple[str, ...] = (InvoiceKind.ORDINARY.value, InvoiceKind.VEHICLE.value)


def trials_of(kinds: Collection[str]) -> list[str]:
    """Return the forms that these kinds are written on, each by one kind of it."""
    shapes = {(layout.width, layout.height) for kind in kinds if (layout := LAYOUTS.get(kind)) and layout.is_paper_form}
    return [form for form in _FORMS if (LAYOUTS[form].width, LAYOUTS[form].height) in shapes]


def trial_page(*, right: int, down: int, kind: str = "") -> Page:
    """Return the test page of a paper form, moved by the nudge (tenths of a millimetre) as a print would be."""
    layout = LAYOUTS[kind if kind in _FORMS else _FORMS[0]]
    frame = layout.frame or Frame(0, 0, layout.width, layout.height)
    return Page(
        layout.width,
        layout.height,
        texts=tuple(_texts(layout, frame, right, down)),
        strokes=tuple(_marks(layout, frame)),
        right=right / 10,
        down=down / 10,
    )


def _marks(layout: FaceLayout, frame: Frame) -> Iterator[Stroke]:
    """Yield a cross at each corner of the table, and a ruler of five centimetres."""
    for x in (frame.left, frame.left + frame.width):
        for y in (frame.top, frame.top + frame.height):
            yield Stroke(x - _ARM, y, x + _ARM, y, 0.2)
            yield Stroke(x, y - _ARM, x, y + _ARM, 0.2)
    foot = layout.height - 5
    for at in range(51):
        length = 3 if at % 10 == 0 else 2 if at % 5 == 0 else 1
        yield Stroke(frame.left + at, foot, frame.left + at, foot - length, 0.1)


def _texts(layout: FaceLayout, frame: Frame, right: int, down: int) -> Iterator[Text]:
    for box in layout.places:
        if name := _NAMES.get(box.value):
            yield fit(box, str(name))
    rows = layout.rows
    for column in rows.columns:
        box = Box(column.left, rows.top, column.width, rows.height, size=column.size, align=column.align)
        yield fit(box, "123.00" if column.is_whole else "样例文字")
    yield fit(
        Box(frame.left + 55, layout.height - 9.5, 150, 5, size=8),
        _("打印测试页　微调：向右 %(right).1f 毫米，向下 %(down).1f 毫米　左侧标尺长 50 毫米")
        % {"right": right / 10, "down": down / 10},
    )
    yield fit(
        Box(60, 7, 90, 10, size=9, align=CENTER),
        _("四个十字应与票面表格的四角重合；没有重合的，量出差多少，填入微调后再打一次。"),
    )
