"""Numbers from addresses and forms: short ones are read, nothing else ends in an error of the server."""

from __future__ import annotations

import pytest

from taxhall.common.web import MOST_DIGITS, whole_number


@pytest.mark.parametrize("text", ["0", "7", "0042", "9" * MOST_DIGITS])
def test_a_whole_number_is_read(text: str) -> None:
    assert whole_number(text) == int(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "１", "²", "abc", "1" * (MOST_DIGITS + 1), "9" * 5_000])
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) == 0
    assert whole_number(text, otherwise=1) == 1
