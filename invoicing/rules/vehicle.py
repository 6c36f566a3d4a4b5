"""What a vehicle invoice (机动车销售统一发票) must say of its vehicle."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from devices.choices import InvoiceKind
from invoicing.drafts import InvoiceDraft, VehicleDraft
from invoicing.rules.lengths import gbk_length, outside_gbk
from invoicing.rules.problems import Problem

# GB 16735: seventeen characters without I, O and Q; the ninth checks the others.
_VIN = re.compile(r"^[0-9A-HJ-NPR-Z]{17}$")
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
# Letters have the value of their place in one of these rows.
_ROWS = (("ABCDEFGH", 1), ("JKLMN", 1), ("P", 7), ("R", 9), ("STUVWXYZ", 2))
_VALUES = {letter: first + place for row, first in _ROWS for place, letter in enumerate(row)}
_NEEDED = {
    "vehicle_type": _("车辆类型"),
    "brand_model": _("厂牌型号"),
    "origin": _("产地"),
    "vin": _("车辆识别代号/车架号码"),
    "engine_number": _("发动机号码"),
}
_TEXTS = {**_NEEDED, "certificate_number": _("合格证号"), "import_certificate": _("进口证明书号")}
_TEXTS |= {"inspection_number": _("商检单号"), "tax_receipt": _("完税凭证号码")}
_LONGEST = 50


def vehicle_field(name: str) -> str:
    """Return the name of a field of the vehicle, as forms and errors name it."""
    return f"vehicle-{name}"


def vin_check_digit(vin: str) -> str:
    """Return the character that belongs into the ninth place (GB 16735 annex)."""
    total = sum(weight * (_VALUES.get(each) or int(each)) for weight, each in zip(_WEIGHTS, vin, strict=True) if weight)
    return "X" if total % 11 == 10 else str(total % 11)


def vehicle_problems(draft: InvoiceDraft) -> Iterator[Problem]:
    """Yield what is wrong with the vehicle: one vehicle on one line, its marks, and the papers it came with."""
    if draft.kind != InvoiceKind.VEHICLE:
        return
    vehicle = draft.vehicle or VehicleDraft()
    if len(draft.lines) > 1 or any(line.quantity not in (None, 1) for line in draft.lines):
        yield Problem(
            "vehicle.one_only", "lines", _("机动车发票一车一票，只有一行，数量为 1。"), _("请每辆车开具一张发票。")
        )
    if not draft.buyer_number:
        yield Problem(
            "vehicle.buyer_number",
            "buyer_number",
            _("机动车发票须填写购买方的纳税人识别号或身份证号码。"),
            _("个人购买的填写身份证号码。"),
        )
    for name, label in _NEEDED.items():
        if not getattr(vehicle, name):
            yield _missing(name, _("还没有填写%(label)s。") % {"label": label})
    yield from _vin_problems(vehicle)
    yield from _paper_problems(vehicle)
    yield from _text_problems(vehicle)


def _missing(name: str, message: object) -> Problem:
    return Problem(f"vehicle.{name}_missing", vehicle_field(name), str(message), _("请按车辆合格证或进口证明填写。"))


def _vin_problems(vehicle: VehicleDraft) -> Iterator[Problem]:
    if not vehicle.vin:
        return
    if not _VIN.match(vehicle.vin):
        yield Problem(
            "vehicle.vin_shape",
            vehicle_field("vin"),
            _("车辆识别代号应为 17 位数字和大写字母，不含 I、O、Q，现在是 %(length)d 位。")
            % {"length": len(vehicle.vin)},
            _("请按合格证核对。"),
        )
    elif vin_check_digit(vehicle.vin) != vehicle.vin[8]:
        # Makers abroad need not set the check digit.
        is_imported = bool(vehicle.import_certificate)
        yield Problem(
            "vehicle.vin_check_digit",
            vehicle_field("vin"),
            _("车辆识别代号的第 9 位校验不符，可能抄错了一位。"),
            _("请再核对一次；确认无误可以继续开具。") if is_imported else _("请按合格证核对。"),
            is_blocking=not is_imported,
        )


def _paper_problems(vehicle: VehicleDraft) -> Iterator[Problem]:
    if not vehicle.certificate_number and not vehicle.import_certificate:
        yield _missing("certificate_number", _("国产车须填写合格证号，进口车须填写进口证明书号。"))
    elif vehicle.import_certificate and not vehicle.inspection_number:
        yield _missing("inspection_number", _("进口车还须填写商检单号。"))
    if vehicle.tonnage is None and vehicle.seats is None:
        yield _missing("seats", _("请填写限乘人数，货车填写吨位。"))


def _text_problems(vehicle: VehicleDraft) -> Iterator[Problem]:
    for name, label in _TEXTS.items():
        text = getattr(vehicle, name)
        if outside_gbk(text) or (gbk_length(text) or 0) > _LONGEST:
            yield Problem(
                "vehicle.text",
                vehicle_field(name),
                _("%(label)s太长，或含有税控设备不支持的字符。") % {"label": label},
                _("请换用常用汉字、数字和字母，不超过 25 个汉字。"),
            )


def bureau_words(*, name: str, code: str) -> str:
    """Return how the face names the bureau in charge (主管税务机关及代码)."""
    return f"{name} {code}"
