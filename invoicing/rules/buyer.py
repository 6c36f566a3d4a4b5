"""What the buyer's part of an invoice must hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from django.utils.translation import gettext_lazy as _
from stdnum.cn import ric, uscc

from devices.choices import DIGITAL_KINDS, InvoiceKind
from invoicing.choices import SPECIAL_KINDS
from invoicing.drafts import InvoiceDraft
from invoicing.rules.lengths import BUYER_LIMITS, TAXPAYER_NUMBER_LENGTHS, gbk_length, outside_gbk
from invoicing.rules.problems import Problem

_NUMBER = re.compile(r"^[0-9A-Z]+$")
_ENTERPRISE = re.compile(r"公司|集团|企业|合作社|事务所|工厂|商行|厂$|店$")
LABELS = {
    "buyer_name": _("购买方名称"),
    "buyer_number": _("购买方纳税人识别号"),
    "buyer_address": _("购买方地址、电话"),
    "buyer_bank": _("购买方开户行及账号"),
    "remark": _("备注"),
    "payee": _("收款人"),
    "reviewer": _("复核"),
}


def buyer_problems(draft: InvoiceDraft) -> Iterator[Problem]:
    """Yield what is wrong with the buyer's data.

    Rule: a special invoice carries all four (增值税专用发票使用规定), a digital one only name and number; an enterprise
    buyer's number stands on an ordinary invoice too (国家税务总局公告2017年第16号).
    """
    if not draft.buyer_name:
        yield Problem(
            "buyer.name_missing",
            "buyer_name",
            _("还没有填写购买方名称。"),
            _("请填写营业执照上的全称；个人购买方填写姓名或“个人”。"),
        )
    yield from _completeness(draft)
    yield from number_problems(draft.buyer_number)
    for field, limit in BUYER_LIMITS.items():
        if text := getattr(draft, field):
            yield from length_problems(field, text, limit, LABELS[field])


def needed_fields(kind: str, buyer_name: str) -> tuple[str, ...]:
    """Return which of the buyer's fields, beside the name, an invoice of that kind to that buyer is not issued without.

    Rule: as `buyer_problems`; of a vehicle's buyer the number is always stated.
    """
    if kind in SPECIAL_KINDS:
        return ("buyer_number",) if kind in DIGITAL_KINDS else ("buyer_number", "buyer_address", "buyer_bank")
    return ("buyer_number",) if kind == InvoiceKind.VEHICLE or _ENTERPRISE.search(buyer_name) else ()


def _completeness(draft: InvoiceDraft) -> Iterator[Problem]:
    missing = [name for name in needed_fields(draft.kind, draft.buyer_name) if not getattr(draft, name)]
    if draft.kind in SPECIAL_KINDS:
        for field in missing:
            yield Problem(
                "buyer.incomplete",
                field,
                _("专用发票必须填写%(label)s。") % {"label": LABELS[field]},
                _("请向购买方索取开票资料；购买方是个人的，只能开具普通发票。"),
            )
    elif missing and draft.kind != InvoiceKind.VEHICLE:  # the rules of vehicles ask for it in words of their own
        yield Problem(
            "buyer.number_missing",
            "buyer_number",
            _("购买方是企业，普通发票也要填写纳税人识别号。"),
            _("请填写购买方的纳税人识别号或统一社会信用代码。"),
        )


def number_problems(number: str, *, field: str = "buyer_number", is_strict: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with a taxpayer number; a wrong check digit blocks only where it is strict."""
    if not number:
        return
    if len(number) not in TAXPAYER_NUMBER_LENGTHS or not _NUMBER.match(number):
        yield Problem(
            "buyer.number_shape",
            field,
            _("购买方纳税人识别号应为 15、17、18 或 20 位数字和大写字母，现在是 %(length)d 位。")
            % {"length": len(number)},
            _("请按购买方的开票资料核对，不要带空格或横线。"),
        )
    elif len(number) == 18 and not _check_digit_fits(number):
        yield Problem(
            "buyer.number_check_digit",
            field,
            _("购买方纳税人识别号的校验位不符，可能抄错了一位。"),
            _("请再核对一次。") if is_strict else _("请再核对一次；确认无误可以继续开具。"),
            is_blocking=is_strict,
        )


@lru_cache(maxsize=4096)
def _check_digit_fits(number: str) -> bool:
    """A number of eighteen is a company's or a person's; the same buyers stand on many invoices."""
    return uscc.is_valid(number) or ric.is_valid(number)


def length_problems(field: str, text: str, limit: int, label: object) -> Iterator[Problem]:
    """Yield what keeps a text from fitting on the disk."""
    length = gbk_length(text)
    if length is None:
        yield Problem(
            "text.outside_gbk",
            field,
            _("%(label)s含有税控设备不支持的字符“%(characters)s”。")
            % {"label": label, "characters": outside_gbk(text)},
            _("请换用常用汉字或拼音。"),
        )
    elif length > limit:
        yield Problem(
            "text.too_long",
            field,
            _("%(label)s太长：占 %(length)d 字节，上限 %(limit)d 字节（一个汉字占 2 字节）。")
            % {"label": label, "length": length, "limit": limit},
            _("请缩短后再试。"),
        )
