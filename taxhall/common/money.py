"""Amounts of money: Decimal with two places, one rounding rule, capitals for documents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def round_money(value: Decimal) -> Decimal:
    """Round half up to the cent, the only rounding rule of the hall."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


class _MoneyDefaults:
    """The digits of every column of money."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


# Django's field takes type parameters only while types are checked, not when it runs.
if TYPE_CHECKING:
    _Set_contra = TypeVar("_Set_contra", contravariant=True)
    _Get_co = TypeVar("_Get_co", covariant=True)

    class MoneyField(_MoneyDefaults, models.DecimalField[_Set_contra, _Get_co]):
        """A numeric(18,2) column."""

else:

    class MoneyField(_MoneyDefaults, models.DecimalField):
        """A numeric(18,2) column."""


def in_capitals(amount: Decimal) -> str:
    """Write an amount in capitals (大写), as on an invoice.

    Rule: 支付结算办法 annex; inner zeros collapse to one 零, 整 follows when there is no 分.
    Raises: ValueError beyond 9,999 万亿.
    """
    cents = int(round_money(abs(amount)) * 100)
    yuan, rest = divmod(cents, 100)
    jiao, fen = divmod(rest, 10)
    if yuan >= 10**16:
        raise ValueError("amount too large to be written in capitals")
    text = "(负数)" if amount < 0 and cents else ""
    text += _yuan_in_capitals(yuan) + "圆" if yuan or not rest else ""
    if not rest:
        return text + "整"
    if jiao:
        text += ("零" if yuan and yuan % 10 == 0 else "") + _DIGITS[jiao] + "角"
    elif yuan:
        text += "零"
    return text + (_DIGITS[fen] + "分" if fen else "整")


def _yuan_in_capitals(yuan: int) -> str:
    if yuan == 0:
        return "零"
    groups = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    text, gap = "", False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group == 0:
            gap = gap or bool(text)
            continue
        text += ("零" if text and (gap or group < 1_000) else "") + _group_in_capitals(group) + _GROUPS[index]
        gap = False
    return text


def _group_in_capitals(group: int) -> str:
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = group // 10**power % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _UNITS[power]
        gap = False
    return text
