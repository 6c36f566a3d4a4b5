"""TLV has one form per value; everything else is refused, whatever bytes come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocol import tlv
from devices.protocol.errors import TlvError

tags = st.one_of(
    st.integers(1, 0xFE).filter(lambda tag: tag & 0x1F != 0x1F),
    st.integers(1, 0x7F).map(lambda low: 0x9F00 | low),
    st.integers(1, 0x7F).map(lambda low: 0xBF00 | low),
)


@given(st.lists(st.tuples(tags, st.binary(max_size=300)), max_size=8))
def test_what_is_encoded_reads_back_in_order(elements: list[tuple[int, bytes]]) -> None:
    data = b"".join(tlv.encode(tag, value) for tag, value in elements)
    assert tlv.decode_all(data) == elements


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_are_the_one_form(data: bytes) -> None:
    try:
        elements = tlv.decode_all(data)
    except TlvError:
        return
    assert b"".join(tlv.encode(tag, value) for tag, value in elements) == data


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 4096, tlv.MAX_LENGTH])
def test_lengths_take_the_fewest_bytes(length: int) -> None:
    encoded = tlv.encode(0x30, bytes(length))
    assert len(encoded) == 1 + (1 if length < 128 else 2 if length < 256 else 3) + length
    assert tlv.decode_all(encoded) == [(0x30, bytes(length))]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("30", "no length"),
        ("3002aa", "value cut short"),
        ("308101aa", "long form of a short length"),
        ("30820001aa", "two length bytes for one"),
        ("3080aa0000", "indefinite length"),
        ("30830000", "three length bytes"),
        ("00", "padding"),
        ("ff01aa", "padding"),
        ("9f", "tag cut short"),
        ("9f8101", "tag of three bytes"),
        ("9f0000", "empty second tag byte"),
        ("300100aa", "remainder"),
    ],
)
def test_other_forms_are_refused(data: str, why: str) -> None:
    with pytest.raises(TlvError):
        tlv.decode_all(bytes.fromhex(data))


def test_a_tag_that_comes_twice_is_refused_where_it_must_be_unique() -> None:
    data = tlv.encode(0x80, b"a") * 2
    assert len(tlv.decode_all(data)) == 2
    with pytest.raises(TlvError, match="twice"):
        tlv.decode_unique(data)


def test_a_value_that_no_exchange_carries_is_refused() -> None:
    with pytest.raises(TlvError, match="too long"):
        tlv.encode(0x30, bytes(tlv.MAX_LENGTH + 1))
