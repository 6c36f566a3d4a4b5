"""The flags that go with a rate: zero-rate mark (零税率标识) and preference (优惠政策)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from accounts.choices import TaxpayerKind
from taxhall.common.rates import TaxRate


@dataclass(frozen=True)
class RateMarks:
    """LSLBS, YHZCBS and ZZSTSGL of one line."""

    zero_mark: str
    has_preference: bool
    preference: str


_LEAF = re.compile(r"[1-6](?:(?!00)[0-9]{2})+(?:00)*")
# 1 免税, 2 不征税, 3 普通零税率.
_ZERO_MARKS = {
    TaxRate.EXEMPT.value: RateMarks("1", True, "免税"),
    TaxRate.UNTAXED.value: RateMarks("2", True, "不征税"),
    TaxRate.ZERO.value: RateMarks("3", False, ""),
}


def rate_marks(*, rate: str, taxpayer_kind: str, is_export: bool = False) -> RateMarks:
    """Return the flags of a line; a general taxpayer's 3% and 5% are the simple method (简易征收)."""
    if is_export and rate == TaxRate.ZERO:
        return RateMarks("0", True, "出口零税")
    if rate in _ZERO_MARKS:
        return _ZERO_MARKS[rate]
    if taxpayer_kind == TaxpayerKind.GENERAL and rate in (TaxRate.RATE_3, TaxRate.RATE_5):
        return RateMarks("", True, f"按{rate}%简易征收")
    return RateMarks("", False, "")


def zero_mark(*, rate: str, is_export: bool) -> str:
    """Return the zero-rate mark (零税率标识) that is kept with a line; empty for a line that is taxed."""
    if is_export and rate == TaxRate.ZERO:
        return "0"
    return _ZERO_MARKS[rate].zero_mark if rate in _ZERO_MARKS else ""


def code_fits_rate(*, tax_code: str, rate: str) -> bool:
    """Say whether the commodity code and the rate agree: codes of section 6 are 不征税, and only they are."""
    return tax_code.startswith("6") == (rate == TaxRate.UNTAXED)


def is_leaf_shaped(tax_code: str) -> bool:
    """Say whether a commodity code has the shape of a leaf.

    Rule: 19 digits; one for the section (1 to 6), then nine pairs that may end in 00 but never resume after it.
    """
    return len(tax_code) == 19 and _LEAF.fullmatch(tax_code) is not None
