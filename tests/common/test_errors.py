"""Domain errors: a stable code for programs, a sentence and a next step for people."""

from __future__ import annotations

from decimal import Decimal

import pytest

from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError, NotPermittedError, TaxhallError
from taxhall.common.policies import require
from taxhall.common.rates import TaxRate


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (TaxhallError, 409),
        (NotPermittedError, 403),
        (NotFoundError, 404),
        (ConflictError, 409),
        (InvalidInputError, 422),
    ],
)
def test_each_kind_has_its_status(kind: type[TaxhallError], status: int) -> None:
    error = kind("设备已锁定。", next_step="请先清卡。")
    assert (error.status, str(error), error.next_step) == (status, "设备已锁定。", "请先清卡。")
    assert error.code.startswith("hall.")


def test_code_status_and_fields_may_be_given() -> None:
    error = InvalidInputError("请检查。", code="case.bad_amount", fields={"amount": ["过大"]})
    assert error.code == "case.bad_amount"
    assert error.fields == {"amount": ["过大"]}
    assert InvalidInputError("").code == "hall.invalid_input"


def test_a_policy_that_says_no_is_an_error_in_words() -> None:
    require(True, "不会出现")
    with pytest.raises(NotPermittedError, match="您没有权限"):
        require(False, "您没有权限。", code="case.not_yours")


@pytest.mark.parametrize(
    ("rate", "fraction"),
    [(TaxRate.RATE_13, "0.13"), (TaxRate.RATE_1_5, "0.015"), (TaxRate.ZERO, "0"), (TaxRate.EXEMPT, "0")],
)
def test_a_rate_is_a_number(rate: TaxRate, fraction: str) -> None:
    assert rate.fraction == Decimal(fraction)
