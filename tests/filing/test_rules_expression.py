"""The language of form formulas."""

from __future__ import annotations

import pytest

from filing.rules.expression import Binary, Call, ExpressionError, Number, Reference, Value, parse, parse_condition


def test_products_bind_closer_than_sums() -> None:
    found = parse("L1 + L2 * policy.rate")
    assert isinstance(found, Binary)
    assert found.mark == "+"
    assert found.right == Binary("*", Reference(None, "2", None), Value("policy", "rate"))


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("L13b", Reference(None, "13b", None)),
        ("main.L20[goods]", Reference("main", "20", "goods")),
        ("L22[*]", Reference(None, "22", "*")),
        ("[5]", Reference(None, None, "5")),
        ("prev.main.L20[general]", Reference("main", "20", "general", is_previous=True)),
        ("prev.[5]", Reference(None, None, "5", is_previous=True)),
    ],
)
def test_a_cell_is_named_by_schedule_line_and_column(text: str, reference: Reference) -> None:
    assert parse(text) == reference


def test_a_condition_takes_a_comparison_and_two_values() -> None:
    found = parse("if(L1 <= 3, L2, 0)")
    assert isinstance(found, Call)
    assert len(found.arguments) == 3


@pytest.mark.parametrize(
    "text",
    [
        "", "L1 +", "(L1", "L1 L2", "__import__('os')", "open(1)", "L1 ** 2", "L1; L2", "lambda: 1", "L1.real",
        "if(L1, 1, 2)", "if(L1 < 2, 1)", "round(1, 2)", "L1 <= L2", "'text'", "L1[", "policy",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_a_condition_alone_must_compare() -> None:
    assert parse_condition("L1 == 0") == Binary("==", Reference(None, "1", None), Number(parse("0").value))  # type: ignore[union-attr]
    with pytest.raises(ExpressionError):
        parse_condition("L1")
