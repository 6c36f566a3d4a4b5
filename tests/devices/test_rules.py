"""The disk's own word decides, and numbers that are out are counted rightly."""

from __future__ import annotations

import pytest

from devices.rules.orders import (
    NumberRange,
    OrderWord,
    SentOrder,
    Verdict,
    first_overlap,
    judge_order,
    judge_upload,
    still_out,
)

SENT = SentOrder("ours", expected_counter=3)


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        (OrderWord(3), Verdict.NEVER_RAN),
        (OrderWord(3, "earlier", 3), Verdict.NEVER_RAN),
        (OrderWord(4, "ours", 4), Verdict.RAN),
        (OrderWord(4, "another", 4), Verdict.INCONSISTENT),
        (OrderWord(2, "earlier", 2), Verdict.INCONSISTENT),
        (OrderWord(3, "ours", 4), Verdict.INCONSISTENT),
        (OrderWord(4), Verdict.INCONSISTENT),
        (OrderWord(6, "ours", 6), Verdict.RAN),  # an earlier signature of the row, with another counter, ran
    ],
)
def test_counter_and_receipt_decide_together(word: OrderWord, verdict: Verdict) -> None:
    assert judge_order(SENT, word) is verdict


@pytest.mark.parametrize(("through", "verdict"), [(4, Verdict.NEVER_RAN), (5, Verdict.RAN), (9, Verdict.RAN)])
def test_an_acknowledgement_is_taken_when_the_disk_says_so(through: int, verdict: Verdict) -> None:
    assert judge_upload(5, through) is verdict


def numbers(first: int, last: int, code: str = "061") -> NumberRange:
    return NumberRange(code, first, last)


@pytest.mark.parametrize(
    ("back", "left"),
    [
        (numbers(1, 9), []),
        (numbers(7, 9), [numbers(1, 6)]),
        (numbers(1, 3), [numbers(4, 9)]),
        (numbers(4, 6), [numbers(1, 3), numbers(7, 9)]),
        (numbers(10, 12), [numbers(1, 9)]),
        (numbers(1, 9, "062"), [numbers(1, 9)]),
    ],
)
def test_what_came_back_is_no_longer_out(back: NumberRange, left: list[NumberRange]) -> None:
    assert still_out([(True, numbers(1, 9)), (False, back)]) == left


def test_what_was_sold_again_is_out_again() -> None:
    assert still_out([(True, numbers(1, 9)), (False, numbers(1, 9)), (True, numbers(1, 5))]) == [numbers(1, 5)]


def test_the_first_taken_range_is_named() -> None:
    assert first_overlap([numbers(1, 2), numbers(3, 5)], [numbers(5, 6)]) == numbers(3, 5)
    assert first_overlap([numbers(1, 2), numbers(2, 3)], []) == numbers(2, 3)
    assert first_overlap([numbers(1, 2)], [numbers(3, 4), numbers(1, 2, "062")]) is None
