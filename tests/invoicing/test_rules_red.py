"""What may be taken back of a blue invoice, against an independent calculation with fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing import rules
from invoicing.choices import InvoiceState
from tests.invoicing.test_rules_amounts import RATES, cents, in_cents

lines = st.tuples(st.sampled_from(sorted(RATES)), st.integers(min_value=1, max_value=10**9))


def unit(rate: str, amount_cents: int, *, line: int = 1) -> rules.RedUnit:
    amount = Decimal(amount_cents) / 100
    tax = Decimal(cents(Fraction(amount_cents, 100) * RATES[rate] / 100)) / 100
    return rules.RedUnit(line, "货物", rate, amount, tax, amount, tax)


def less(before: rules.RedUnit, share: rules.RedShare) -> rules.RedUnit:
    left = (before.left_amount - share.amount, before.left_tax - share.tax)
    return rules.RedUnit(before.line, before.name, before.rate, before.amount, before.tax, *left)


@given(lines, st.lists(st.fractions(min_value=0, max_value=1), max_size=6))
def test_parts_of_a_line_add_up_to_the_line_and_never_go_over(line: tuple[str, int], parts: list[Fraction]) -> None:
    left = unit(*line)
    taken, taken_tax = 0, 0
    for part in [*parts, Fraction(1)]:
        wish = int(in_cents(left.left_amount) * part)
        for share in rules.red_shares([left], {1: Decimal(wish) / 100}):
            is_rest = wish == in_cents(left.left_amount)
            fair = cents(Fraction(wish, 100) * RATES[left.rate] / 100)
            left_tax = in_cents(left.left_tax)
            assert in_cents(share.tax) == (left_tax if is_rest else min(fair, left_tax))
            taken, taken_tax = taken + in_cents(share.amount), taken_tax + in_cents(share.tax)
            left = less(left, share)
        assert left.left_amount >= 0
        assert left.left_tax >= 0
    assert (taken, taken_tax) == (in_cents(left.amount), in_cents(left.tax))


def test_many_small_parts_whose_tax_is_rounded_up_take_no_more_tax_than_there_is() -> None:
    left = unit("3", 1000)  # 10.00 with 0.30 of tax; a part of 0.17 is taxed with 0.01
    for _ in range(58):
        (share,) = rules.red_shares([left], {1: Decimal("0.17")})
        left = less(left, share)
    assert (left.left_amount, left.left_tax) == (Decimal("0.14"), Decimal("0.00"))


def test_what_is_left_is_offered_line_by_line() -> None:
    assert rules.whole_of([unit("13", 100, line=1), unit("6", 0, line=2)]) == {1: Decimal("1.00")}


@pytest.mark.parametrize(
    ("chosen", "codes"),
    [
        ({1: "1.00"}, []),
        ({1: "1.01"}, ["red.over_remaining"]),
        ({1: "-0.01"}, ["red.over_remaining"]),
        ({}, ["red.nothing_chosen"]),
        ({1: "0"}, ["red.nothing_chosen"]),
    ],
)
def test_a_choice_beyond_what_is_left_is_named(chosen: dict[int, str], codes: list[str]) -> None:
    amounts = {line: Decimal(text) for line, text in chosen.items()}

    assert [each.code for each in rules.choice_problems([unit("13", 100)], amounts)] == codes


@pytest.mark.parametrize(
    ("state", "is_red", "left", "code"),
    [
        (InvoiceState.DRAFT, False, "1", "red.not_issued"),
        (InvoiceState.VOIDED, False, "1", "red.not_issued"),
        (InvoiceState.IN_DOUBT, False, "1", "red.not_issued"),
        (InvoiceState.ISSUED, True, "1", "red.is_red"),
        (InvoiceState.ISSUED, False, "0", "red.nothing_left"),
    ],
)
def test_each_condition_stands_alone(state: str, is_red: bool, left: str, code: str) -> None:
    found = rules.red_conditions(state=state, is_red=is_red, left_amount=Decimal(left))

    assert [each.code for each in found if not each.is_met] == [code]
