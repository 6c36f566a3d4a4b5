"""Numbers of taxpayers and bureaus."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from taxhall.common import identifiers

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    "number",
    [
        "91350100M000100Y43",
        "91610113MA6TEKT0XE",
        "91610131000000019Y",
        "91610102MA7DEM016R",
        "610113123456789",  # 15: administrative code and organisation code
        "61011312345678X",
        "61011380010112301",  # 17: 15-digit identity number and two
        "11010519491231002X",  # 18: a natural person's identity number
        "11010519491231002X00",  # 20: the same and two
    ],
)
def test_right_numbers_old_and_new_are_accepted(number):
    identifiers.validate_taxpayer_number(number)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("91610113MA6TEKT0XF", "校验位"),
        ("91610113MA6TEKT0X", "格式"),
        ("1234", "4 位"),
        ("", "0 位"),
        ("A10113123456789", "格式"),
        ("110105194912310021", "校验位"),
        ("11010519491231002100", "格式"),
    ],
)
def test_wrong_numbers_are_refused_in_words(number, words):
    with pytest.raises(ValidationError) as caught:
        identifiers.validate_taxpayer_number(number)
    assert words in str(caught.value)


@given(
    stem=st.text("0123456789", min_size=8, max_size=8), rest=st.text(ALPHABET, min_size=9, max_size=9), data=st.data()
)
def test_one_wrong_sign_in_a_credit_code_is_always_noticed(stem, rest, data):
    number = stem + rest
    number += uscc.calc_check_digit(number)
    assert uscc.is_valid(number)
    place = data.draw(st.integers(8, 17))
    other = data.draw(st.sampled_from([sign for sign in ALPHABET if sign != number[place]]))
    assert not uscc.is_valid(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize(
    "typed", ["91610113 MA6TEKT0XE", "91610113-ma6tekt0xe", "９１６１０１１３MA6TEKT0XE", " 91610113MA6TEKT0XE\t"]
)
def test_what_people_type_is_brought_to_the_stored_form(typed):
    assert identifiers.compact_taxpayer_number(typed) == "91610113MA6TEKT0XE"


@pytest.mark.parametrize(
    ("bureau", "other", "covers"),
    [
        ("16101130000", "16101130000", True),
        ("16101130000", "16101020000", False),
        ("16101000000", "16101020000", True),
        ("16101000000", "16101000000", True),
        ("16101000000", "16102020000", False),
        ("16101020000", "16101000000", False),
        ("1610100000", "16101020000", False),
    ],
)
def test_a_city_bureau_covers_its_districts_only(bureau, other, covers):
    assert identifiers.bureau_covers(bureau, other) is covers
