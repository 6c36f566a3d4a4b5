"""Numbers that identify taxpayers and bureaus: formats and check digits.

Sources: GB 32100-2015 (统一社会信用代码), GB 11643 (公民身份号码) and the older taxpayer numbers, which are
an administrative code with an organisation code (15), or an identity number with two digits (17, 20).
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError as NumberError

TAXPAYER_NUMBER_LENGTHS = (15, 17, 18, 20)
# The shape only, as the database holds it; check digits are the validator's part.
TAXPAYER_NUMBER_PATTERN = r"^([0-9A-Z]{15}|[0-9A-Z]{17}|[0-9A-Z]{18}|[0-9A-Z]{20})$"
BUREAU_CODE_PATTERN = r"^1[0-9]{10}$"
DISTRICT_CODE_PATTERN = r"^[0-9]{6}$"

_OLD_ORGANISATION_NUMBER = re.compile(r"[0-9]{6}[0-9A-Z]{9}")
_OLD_FIFTEEN_DIGIT_PERSON = re.compile(r"[0-9]{15}[0-9A-Z]{2}")


def compact_taxpayer_number(text: str) -> str:
    """Return the number as it is stored: no spaces or hyphens, capitals, half-width."""
    half_width = "".join(chr(ord(sign) - 0xFEE0) if "！" <= sign <= "～" else sign for sign in text)
    return re.sub(r"[\s-]", "", half_width).upper()


def is_taxpayer_number(number: str) -> bool:
    """Tell whether a compact number is a valid taxpayer number, new or old (domain: 15, 17, 18, 20 places)."""
    if len(number) == 15:
        return _OLD_ORGANISATION_NUMBER.fullmatch(number) is not None
    if len(number) == 17:
        return _OLD_FIFTEEN_DIGIT_PERSON.fullmatch(number) is not None
    if len(number) == 18:
        return uscc.is_valid(number) or _is_identity_number(number)
    if len(number) == 20:
        return _is_identity_number(number[:18]) and number[18:].isalnum()
    return False


def looks_like_taxpayer_number(text: str) -> bool:
    """Tell whether a compact text has the shape of a taxpayer number, right or wrong."""
    return re.fullmatch(TAXPAYER_NUMBER_PATTERN, text) is not None


def validate_taxpayer_number(number: str) -> None:
    """Refuse a number that no taxpayer can have. Raises: ValidationError in words."""
    if len(number) not in TAXPAYER_NUMBER_LENGTHS:
        raise ValidationError(
            _("纳税人识别号应为 15、17、18 或 20 位，您填写的是 %(count)d 位，请核对后重新填写。"),
            code="taxpayer_number_length",
            params={"count": len(number)},
        )
    if is_taxpayer_number(number):
        return
    if len(number) == 18:
        raise ValidationError(
            _("统一社会信用代码的校验位不对，可能有一位写错了，请对照营业执照核对。"), code="taxpayer_number_check"
        )
    raise ValidationError(_("纳税人识别号的格式不对，请对照税务登记证核对。"), code="taxpayer_number_format")


def is_bureau_code(code: str) -> bool:
    """Tell whether a text is a tax authority code: 1, six administrative digits, four for the sub-unit."""
    return re.fullmatch(BUREAU_CODE_PATTERN, code) is not None


def district_of(bureau_code: str) -> str:
    """Return the administrative code inside a tax authority code."""
    return bureau_code[1:7]


def is_city_bureau(bureau_code: str) -> bool:
    """Tell whether the bureau is a city's own, whose officers cover all its districts (e.g. 16101000000)."""
    return is_bureau_code(bureau_code) and bureau_code[5:] == "000000"


def bureau_covers(bureau_code: str, other_code: str) -> bool:
    """Tell whether a bureau answers for another: itself, or a district of the same city."""
    if bureau_code == other_code:
        return True
    return is_city_bureau(bureau_code) and other_code[:5] == bureau_code[:5]


def _is_identity_number(number: str) -> bool:
    try:
        ric.validate(number)
    except NumberError:
        return False
    return True
