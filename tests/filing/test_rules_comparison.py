"""Every comparison rule: passing, failing, and both sides of its tolerance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from filing.choices import RuleOutcome
from filing.rules.comparison import SMALL_SCALE_RULES, compare
from filing.rules.comparison.base import ComparisonFacts, Finding, judge

TOLERANCE = Decimal("1.00")


def find(code: str, tolerance: Decimal = TOLERANCE, **facts: Any) -> Finding:
    """Apply one rule to facts; `declared` takes texts."""
    if "declared" in facts:
        facts["declared"] = {name: Decimal(text) for name, text in facts["declared"].items()}
    rule = next(each for each in SMALL_SCALE_RULES if each.code == code)
    return judge(rule, ComparisonFacts(**facts), tolerance)


@pytest.mark.parametrize(
    ("issued", "outcome"),
    [
        ("900.00", RuleOutcome.PASSED),  # less issued than declared is no difference: the rule is an inequality
        ("1000.00", RuleOutcome.PASSED),
        ("1000.01", RuleOutcome.WITHIN_TOLERANCE),
        ("1001.00", RuleOutcome.WITHIN_TOLERANCE),
        ("1001.01", RuleOutcome.FAILED),
    ],
)
@pytest.mark.parametrize(
    ("code", "name", "fact"),
    [("X1", "special_sales", "issued_special"), ("X2", "ordinary_sales", "issued_ordinary")],
)
def test_issued_amounts_may_not_exceed_declared_ones(
    code: str, name: str, fact: str, issued: str, outcome: RuleOutcome
) -> None:
    found = find(code, declared={name: "1000.00"}, **{fact: Decimal(issued)})
    assert found.outcome == outcome
    assert (found.declared, found.measured) == (Decimal("1000.00"), Decimal(issued))
    assert found.difference == Decimal(issued) - Decimal("1000.00")
    assert found.is_blocking == (outcome == RuleOutcome.FAILED)


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [("99.99", "pass"), ("100.00", "pass"), ("101.00", "within_tolerance"), ("101.01", "fail")],
)
def test_prepaid_tax_declared_may_not_exceed_what_was_prepaid(declared: str, outcome: str) -> None:
    found = find("X3", declared={"prepaid": declared}, really_prepaid=Decimal("100.00"))
    assert found.outcome == outcome
    assert found.declared == Decimal(declared)


def test_other_exempt_sales_want_a_registration_but_never_block() -> None:
    assert find("X4", declared={"other_exempt": "0"}).outcome == RuleOutcome.NOT_APPLICABLE
    held = find("X4", Decimal(0), declared={"other_exempt": "10"}, has_relief_registration=True)
    assert held.outcome == RuleOutcome.PASSED
    missing = find("X4", Decimal(0), declared={"other_exempt": "10"})
    assert missing.outcome == RuleOutcome.FAILED
    assert not missing.is_blocking


@pytest.mark.parametrize(
    ("due", "received", "outcome"),
    [
        ("500.00", "500.00", "pass"), ("-20.00", "0.00", "pass"), ("0.00", "0.00", "pass"),
        ("500.00", "499.00", "within_tolerance"), ("500.00", "498.99", "fail"), ("500.00", "0.00", "fail"),
    ],
)  # fmt: skip
def test_declared_tax_must_have_been_received(due: str, received: str, outcome: str) -> None:
    assert find("S1", tax_due=Decimal(due), tax_received=Decimal(received)).outcome == outcome


def test_without_tolerance_one_cent_of_unpaid_tax_blocks() -> None:
    found = find("S1", Decimal(0), tax_due=Decimal("500.00"), tax_received=Decimal("499.99"))
    assert found.is_blocking


@pytest.mark.parametrize(("broken", "outcome"), [(0, "pass"), (1, "fail")])
def test_the_form_must_agree_within_itself(broken: int, outcome: str) -> None:
    assert find("T0", Decimal(0), broken_checks=broken).outcome == outcome


def test_without_a_return_only_its_absence_is_told() -> None:
    found = compare(ComparisonFacts(has_return=False), dict.fromkeys((r.code for r in SMALL_SCALE_RULES), Decimal(0)))
    assert [each.rule.code for each in found if each.outcome == RuleOutcome.FAILED] == ["R0"]
    assert {each.outcome for each in found[1:]} == {RuleOutcome.NOT_APPLICABLE}


def test_each_rule_names_its_law_and_its_remedy() -> None:
    assert len({each.code for each in SMALL_SCALE_RULES}) == len(SMALL_SCALE_RULES)
    assert all(each.legal_basis and str(each.remedy) and str(each.failing_sentence) for each in SMALL_SCALE_RULES)
