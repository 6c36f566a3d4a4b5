"""Files to begin with: our own table, and samples of the vendors' forms; invented parties throughout."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from accounts.choices import TaxpayerKind
from invoicing.files import headers
from invoicing.files.workbooks import BookWriter

# Where a row's rate goes: a sample at a rate that the reader may not use would be refused as it is.
_SERVICE, _GOODS = "service", "goods"
_RATES: dict[str, dict[str, str]] = {
    TaxpayerKind.GENERAL: {_SERVICE: "6%", _GOODS: "13%"},
    TaxpayerKind.SMALL_SCALE: {_SERVICE: "1%", _GOODS: "1%"},
}
_ROWS: tuple[tuple[str, ...], ...] = (
    (
        "A001", "增值税普通发票", "西安样例科技有限公司", "91610131000000019Y", "西安市样例路1号 029-00000000",
        "样例银行西安分行 6100000000001", "否", "", "李四", "王五", "软件维护", "3040203000000000000", "", "项", "1",
        "1000.00", "", _SERVICE, "", "", "", "",
    ),
    (
        "A001", "", "", "", "", "", "", "", "", "", "培训", "3070201020000000000", "", "次", "2", "500.00", "",
        _SERVICE, "100.00", "", "", "",
    ),
    (
        "A002", "增值税普通发票", "个人", "", "", "", "是", "", "李四", "王五", "打印纸", "1060105040000000000", "A4",
        "箱", "1", "101.00", "", _GOODS, "", "", "", "",
    ),
)  # fmt: skip
_KP = """<?xml version="1.0" encoding="GBK"?>
<Kp><Version>2.0</Version><Fpxx><Zsl>1</Zsl><Fpsj><Fp>
  <Djh>A001</Djh><Gfmc>西安样例科技有限公司</Gfmc><Gfsh>91610131000000019Y</Gfsh>
  <Gfyhzh>样例银行西安分行 6100000000001</Gfyhzh><Gfdzdh>西安市样例路1号 029-00000000</Gfdzdh>
  <Bz></Bz><Fhr>王五</Fhr><Skr>李四</Skr><Spbmbbh>48.0</Spbmbbh><Hsbz>0</Hsbz>
  <Spxx><Sph>
    <Xh>1</Xh><Spmc>软件维护</Spmc><Ggxh></Ggxh><Jldw>项</Jldw><Spbm>3040203000000000000</Spbm>
    <Qyspbm></Qyspbm><Syyhzcbz>0</Syyhzcbz><Lslbz></Lslbz><Yhzcsm></Yhzcsm>
    <Dj>1000</Dj><Sl>1</Sl><Je>1000.00</Je><Slv>{rate}</Slv><Kce>0</Kce>
  </Sph></Spxx>
</Fp></Fpsj></Fpxx></Kp>
"""


def _head() -> list[str]:
    return [headers.label(field) for field in headers.OWN_COLUMNS]


def _rows(kind: str) -> list[list[str]]:
    return [[_RATES[kind].get(cell, cell) for cell in row] for row in _ROWS]


def _fraction(kind: str) -> str:
    """Return the rate of the service as the vendors write it."""
    return {TaxpayerKind.GENERAL: "0.06", TaxpayerKind.SMALL_SCALE: "0.01"}[TaxpayerKind(kind)]


def _csv(kind: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_head(), *_rows(kind)])
    return out.getvalue().encode("utf-8-sig")


def _book(*sheets: tuple[str, Sequence[str], Sequence[Sequence[str]]]) -> bytes:
    out = io.BytesIO()
    book = BookWriter(out)
    for name, head, rows in sheets:
        book.sheet(name, head, rows)
    book.close()
    return out.getvalue()


def _xlsx(kind: str) -> bytes:
    return _book(("发票", _head(), _rows(kind)))


def _kp(kind: str) -> bytes:
    return _KP.format(rate=_fraction(kind)).encode("gbk")


def _platform(kind: str) -> bytes:
    basic = ["发票流水号", "发票类型", "是否含税", "购买方名称", "购买方纳税人识别号", "备注", "收款人", "复核人"]
    detail = [
        "发票流水号",
        "项目名称",
        "商品和服务税收编码",
        "规格型号",
        "单位",
        "数量",
        "单价",
        "金额",
        "税率",
        "折扣金额",
    ]
    first = ["A001", "普通发票", "否", "西安样例科技有限公司", "91610131000000019Y", "", "李四", "王五"]
    line = ["A001", "软件维护", "3040203000000000000", "", "项", "1", "1000", "1000.00", _fraction(kind), ""]
    return _book(("1-发票基本信息", basic, [first]), ("2-发票明细信息", detail, [line]))


# What can be taken: name of the file and how it is made for a kind of taxpayer.
TEMPLATES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "xlsx": ("批量导入模板.xlsx", _xlsx),
    "csv": ("批量导入模板.csv", _csv),
    "platform": ("数电票平台样例.xlsx", _platform),
    "kp": ("航信批量导入样例.xml", _kp),
}
