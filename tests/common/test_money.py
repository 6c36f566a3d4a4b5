"""Money: one rounding rule, and amounts in capitals as invoices print them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from taxhall.common import money


@pytest.mark.parametrize(
    ("given", "rounded"),
    [("1.005", "1.01"), ("1.004", "1.00"), ("-1.005", "-1.01"), ("2.675", "2.68"), ("0", "0.00")],
)
def test_half_a_cent_is_rounded_away_from_zero(given: str, rounded: str) -> None:
    assert money.round_money(Decimal(given)) == Decimal(rounded)
    assert str(money.round_money(Decimal(given))) == rounded


@pytest.mark.parametrize(
    ("amount", "capitals"),
    [
        ("0", "零圆整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("0.56", "伍角陆分"),
        ("1", "壹圆整"),
        ("10", "壹拾圆整"),
        ("10.05", "壹拾圆零伍分"),
        ("100.50", "壹佰圆零伍角整"),
        ("105.50", "壹佰零伍圆伍角整"),
        ("1005", "壹仟零伍圆整"),
        ("1050", "壹仟零伍拾圆整"),
        ("10000", "壹万圆整"),
        ("10005", "壹万零伍圆整"),
        ("100050", "壹拾万零伍拾圆整"),
        ("1000000", "壹佰万圆整"),
        ("100000000", "壹亿圆整"),
        ("100000005.01", "壹亿零伍圆零壹分"),
        ("123456789.12", "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖圆壹角贰分"),
        ("-12.30", "(负数)壹拾贰圆叁角整"),
    ],
)
def test_amounts_are_written_in_capitals(amount: str, capitals: str) -> None:
    assert money.in_capitals(Decimal(amount)) == capitals


def test_an_amount_beyond_the_words_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        money.in_capitals(Decimal(10) ** 16)
