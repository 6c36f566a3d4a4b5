"""The face of a vehicle invoice (机动车销售统一发票), as data: one vehicle, no lines, six copies on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from invoicing.printing.shapes import CENTER, FORM, LEFT, Box, Copy, FaceLayout, Frame, Rows, Square, Stroke


@dataclass(frozen=True)
class _Cell:
    """A label and the value beside it: where the label begins, where the value does, where it ends."""

    words: str
    value: str
    start: float
    split: float
    end: float
    # Figures are made smaller rather than broken; codes may be so long that broken is easier to read.
    is_whole: bool = False
    size: float = 9.0


_WIDE = 192.0
# What the machine writes of itself stands above the rows; then each row is of one height.
_MACHINE, _ROW = 24.0, 8.6
_CIPHER, _CIPHER_TEXT = 76.0, 83.0
_LABEL = 22.0
_ROWS: tuple[tuple[_Cell, ...], ...] = (
    (
        _Cell("购买方名称", "buyer_name", 0, _LABEL, 96),
        _Cell("统一社会信用代码/纳税人\n识别号/身份证明号码", "buyer_number", 96, 132, _WIDE, True),
    ),
    (
        _Cell("车辆类型", "vehicle_type", 0, _LABEL, 62),
        _Cell("厂牌型号", "brand_model", 62, 80, 134),
        _Cell("产地", "origin", 134, 146, _WIDE),
    ),
    (
        _Cell("合格证号", "certificate_number", 0, _LABEL, 72),
        _Cell("进口证明书号", "import_certificate", 72, 92, 136),
        _Cell("商检单号", "inspection_number", 136, 152, _WIDE),
    ),
    (
        _Cell("发动机号码", "engine_number", 0, _LABEL, 84),
        _Cell("车辆识别代号/\n车架号码", "vin", 84, 108, _WIDE, True, 11),
    ),
    (
        _Cell("价税合计", "capitals", 0, _LABEL, 134, False, 10),
        _Cell("小写", "total", 134, 146, _WIDE, True, 10),
    ),
    (
        _Cell("销货单位名称", "seller_name", 0, _LABEL, 116),
        _Cell("电话", "seller_phone", 116, 132, _WIDE, True),
    ),
    (
        _Cell("纳税人识别号", "seller_number", 0, _LABEL, 116, True),
        _Cell("账号", "seller_account", 116, 132, _WIDE, True),
    ),
    (
        _Cell("地址", "seller_street", 0, _LABEL, 116),
        _Cell("开户银行", "seller_banker", 116, 132, _WIDE),
    ),
    (
        _Cell("增值税税率\n或征收率", "rate", 0, _LABEL, 42, True),
        _Cell("增值税\n税额", "tax", 42, 58, 96, True),
        _Cell("主管税务\n机关及代码", "bureau", 96, 116, _WIDE),
    ),
    (
        _Cell("不含税价", "amount", 0, _LABEL, 62, True),
        _Cell("完税凭证\n号码", "tax_receipt", 62, 80, 130),
        _Cell("吨位", "tonnage", 130, 142, 160, True),
        _Cell("限乘\n人数", "seats", 160, 172, _WIDE, True),
    ),
)
_HIGH = _MACHINE + _ROW * len(_ROWS)
_PRINTED = (("机打代码", "code"), ("机打号码", "number"), ("机器编号", "machine"))


def _form(
    left: float, top: float, width: float, height: float, words: str, *, align: str = LEFT, size: float = 8.0
) -> Box:
    return Box(left, top, width, height, words=words, tone=FORM, align=align, size=size)


def _cells() -> Iterator[tuple[float, _Cell]]:
    for at, row in enumerate(_ROWS):
        for cell in row:
            yield _MACHINE + at * _ROW, cell


def _strokes() -> Iterator[Stroke]:
    corners = ((0.0, 0.0), (_WIDE, 0.0), (_WIDE, _HIGH), (0.0, _HIGH), (0.0, 0.0))
    for start, end in pairwise(corners):
        yield Stroke(*start, *end, 0.45)
    for x in (_LABEL, _CIPHER, _CIPHER_TEXT):
        yield Stroke(x, 0, x, _MACHINE)
    for at in range(len(_ROWS)):
        yield Stroke(0, _MACHINE + at * _ROW, _WIDE, _MACHINE + at * _ROW)
    for top, cell in _cells():
        yield Stroke(cell.split, top, cell.split, top + _ROW)
        if cell.start:
            yield Stroke(cell.start, top, cell.start, top + _ROW)


def _words() -> Iterator[Box]:
    for at, (words, _value) in enumerate(_PRINTED):
        yield _form(0, 1.5 + at * 7, _LABEL, 7, words, align=CENTER)
    yield _form(_CIPHER, 0, _CIPHER_TEXT - _CIPHER, _MACHINE, "税\n控\n码", align=CENTER)
    for top, cell in _cells():
        size = 8.0 if "\n" not in cell.words else 7.0
        yield _form(cell.start + 0.5, top, cell.split - cell.start - 1, _ROW, cell.words, align=CENTER, size=size)
    for left, words in ((2, "销货单位盖章:"), (62, "开票人:"), (112, "备注: 一车一票")):
        yield _form(left, _HIGH + 1.2, 30, 5, words)


def _places() -> Iterator[Box]:
    for at, (_words, value) in enumerate(_PRINTED):
        yield Box(_LABEL + 1.5, 1.5 + at * 7, _CIPHER - _LABEL - 3, 7, value=value, size=10, is_whole=True)
    yield Box(_CIPHER_TEXT + 1, 1, _WIDE - _CIPHER_TEXT - 2, _MACHINE - 2, value="cipher", size=12, align=CENTER)
    for top, cell in _cells():
        yield Box(
            cell.split + 1.2,
            top + 0.4,
            cell.end - cell.split - 2,
            _ROW - 0.8,
            value=cell.value,
            size=cell.size,
            is_whole=cell.is_whole,
        )
    yield Box(74, _HIGH + 1.2, 37, 5, value="drawer")
    yield Box(112, _HIGH + 6.4, _WIDE - 112, 13, value="remark", size=8.5, is_top=True)


COPIES = (
    Copy("buyer", "第一联：发票联", "购货单位付款凭证"),
    Copy("deduct", "第二联：抵扣联", "购货单位扣税凭证"),
    Copy("report", "第三联：报税联", "车购税征收单位留存"),
    Copy("register", "第四联：注册登记联", "车辆登记单位留存"),
    Copy("account", "第五联：记账联", "销货单位记账凭证"),
    Copy("stub", "第六联：存根联", "销货单位留存"),
)
_FRAME = Frame(22.0, 40.0, _WIDE, _HIGH)
LAYOUT = FaceLayout(
    241.0,
    177.0,
    strokes=(
        Stroke(82, 20.2, 154, 20.2, 0.3),
        Stroke(82, 21.2, 154, 21.2, 0.3),
        *(each.moved(_FRAME.left, _FRAME.top) for each in _strokes()),
    ),
    words=(
        Box(76, 9, 84, 10.5, value="title", size=20, align=CENTER, tone=FORM, is_whole=True, is_bold=True),
        _form(22, 34, 17, 5, "开票日期:"),
        _form(160, 26, 18, 6, "发票代码:", size=9),
        _form(160, 32.5, 18, 6, "发票号码:", size=9),
        Box(177, 26, 38, 6, value="code", size=12, tone=FORM, is_whole=True),
        Box(177, 32.5, 38, 6, value="number", size=12, tone=FORM, is_whole=True),
        Box(215, 42, 4.5, 106, value="copy", size=7.5, tone=FORM, align=CENTER),
        *(each.moved(_FRAME.left, _FRAME.top) for each in _words()),
    ),
    places=(
        Box(38, 34, 40, 5, value="date"),
        Box(103, 34, 30, 5, value="mark", align=CENTER),
        *(each.moved(_FRAME.left, _FRAME.top) for each in _places()),
    ),
    rows=Rows(0, 0, 0, ()),
    qr=Square(23, 10, 22),
    copies=COPIES,
    frame=_FRAME,
)
