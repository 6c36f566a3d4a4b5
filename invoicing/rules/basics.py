"""What a row of the basics must hold; the same rules as on an invoice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from invoicing.rules import marks
from invoicing.rules.buyer import length_problems, number_problems
from invoicing.rules.problems import Problem

# Bytes on the disk, by kind of row and field.
_LIMITS: dict[str, dict[str, tuple[int, Any]]] = {
    "customer": {
        "name": (100, _("客户名称")),
        "address": (100, _("地址、电话")),
        "bank": (100, _("开户行及账号")),
    },
    "goods": {"name": (92, _("商品名称")), "spec": (40, _("规格型号")), "unit": (22, _("单位"))},
    "unit": {"name": (22, _("单位"))},
    "bankaccount": {"bank": (60, _("开户行")), "account": (32, _("账号"))},
    "issuer": {"payee": (16, _("收款人")), "reviewer": (16, _("复核")), "drawer": (16, _("开票人"))},
}


def basic_problems(kind: str, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with a row of the basics, before any invoice uses it.

    Rule: the check digit of an 18-digit number must hold here (GB 32100-2015), where a typing error would be
    repeated on every invoice; on the invoice itself it only warns.
    """
    for field, (limit, label) in _LIMITS[kind].items():
        yield from length_problems(field, str(values.get(field, "")), limit, label)
    if kind == "customer":
        yield from number_problems(values.get("number", ""), field="number", is_strict=True)
    if kind == "goods":
        yield from _code_problems(values)
    if kind == "issuer" and not any(values.get(name) for name in ("payee", "reviewer", "drawer")):
        yield Problem("basics.issuer_empty", "payee", _("至少填写一个人。"), _("请填写收款人、复核或开票人。"))


def _code_problems(values: Mapping[str, Any]) -> Iterator[Problem]:
    code, rate = values.get("tax_code", ""), values.get("rate", "")
    if not marks.is_leaf_shaped(code):
        yield Problem(
            "line.tax_code_shape",
            "tax_code",
            _("税收分类编码不是可用的末级编码。"),
            _("请填写 19 位数字的末级编码，首位为 1 至 6，或先查找编码。"),
        )
    elif not marks.code_fits_rate(tax_code=code, rate=rate):
        yield Problem(
            "line.code_and_rate_differ",
            "rate",
            _("编码与税率不一致：6 开头的编码只用于不征税项目，不征税项目也只用 6 开头的编码。"),
            _("请核对编码或改选税率。"),
        )
