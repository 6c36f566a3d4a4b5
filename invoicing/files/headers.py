"""What columns are called by the programs and platforms that people come from."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Field -> its headers; the first is the one of our own template. Read by name, so any order will do.
HEADERS: dict[str, tuple[str, ...]] = {
    "ref": ("单据号", "发票流水号", "流水号", "单据编号", "订单号"),
    "kind": ("票种", "发票类型", "发票种类", "发票票种"),
    "buyer_name": ("购买方名称", "购方名称", "客户名称", "受票方名称"),
    "buyer_number": ("购买方纳税人识别号", "购方税号", "购买方税号", "购方识别号", "购方纳税人识别号", "客户税号"),
    "buyer_address": ("购买方地址、电话", "购方地址电话", "购买方地址电话", "客户地址电话"),
    "buyer_street": ("购买方地址",),
    "buyer_phone": ("购买方电话",),
    "buyer_bank": ("购买方开户行及账号", "购方银行账号", "购方开户行及账号", "购买方银行账号及开户行", "客户银行账号"),
    "buyer_bank_name": ("购买方开户银行", "购买方开户行"),
    "buyer_account": ("购买方银行账号",),
    "is_tax_inclusive": ("是否含税", "含税标志", "含税"),
    "remark": ("备注",),
    "payee": ("收款人",),
    "reviewer": ("复核人", "复核"),
    "name": ("项目名称", "商品名称", "货物名称", "货物或应税劳务名称"),
    "tax_code": (
        "商品和服务税收分类编码",
        "商品和服务税收编码",
        "商品编码",
        "税收分类编码",
        "商品和服务分类编码",
    ),
    "spec": ("规格型号", "规格"),
    "unit": ("单位", "计量单位"),
    "quantity": ("数量",),
    "price": ("单价",),
    "amount": ("金额",),
    "rate": ("税率", "税率/征收率", "征收率"),
    "discount": ("折扣额", "折扣金额"),
    "tax": ("税额",),
    "rate_reason": ("按 3% 开具的原因", "放弃享受减按1%征收率原因"),
    "zero_mark": ("零税率标识",),
    "relief": ("优惠政策说明", "优惠政策类型"),
    "deduction": ("扣除额",),
    "special_business": ("特定业务类型",),
    "total_amount": ("合计金额",),
    "total_tax": ("合计税额",),
    "total": ("价税合计",),
    "invoice_code": ("发票代码",),
    "invoice_number": ("发票号码",),
    "digital_number": ("数电发票号码", "数电票号码"),
}
# What only a file of issued invoices has; nothing of it becomes part of a draft.
ISSUED_FIELDS = frozenset({"invoice_code", "invoice_number", "digital_number"})
# What our own template asks of an invoice, then of each of its lines.
_INVOICE_COLUMNS = (
    "ref", "kind", "buyer_name", "buyer_number", "buyer_address", "buyer_bank", "is_tax_inclusive", "remark", "payee",
    "reviewer",
)  # fmt: skip
_LINE_COLUMNS = (
    "name", "tax_code", "spec", "unit", "quantity", "price", "amount", "rate", "discount", "rate_reason", "zero_mark",
    "deduction",
)  # fmt: skip
OWN_COLUMNS = _INVOICE_COLUMNS + _LINE_COLUMNS
# The platform tells the reason for a rate on the invoice's sheet; what it adds to a line our template leaves out.
LINE_FIELDS = frozenset(_LINE_COLUMNS) - {"rate_reason"} | {"tax", "relief"}
# A row is one of headers when it has as many that are known.
FEWEST = 3
_SHAPE = re.compile(r"[\s*＊（）()：:、/]|必填|选填|\ufeff")


def label(field: str) -> str:
    """Return what our own files call a field."""
    return HEADERS[field][0]


def plain(header: str) -> str:
    """Return a header without the signs that templates put around it."""
    return _SHAPE.sub("", header)


_FIELDS = {plain(header): field for field, headers in HEADERS.items() for header in headers}


def fields_of(row: Sequence[str]) -> dict[int, str]:
    """Return which column holds which field, when the row is a row of headers; the first of two same ones counts."""
    found: dict[int, str] = {}
    for column, header in enumerate(row):
        field = _FIELDS.get(plain(header))
        if field is not None and field not in found.values():
            found[column] = field
    return found
