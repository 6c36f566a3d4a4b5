"""Every comparison rule of general taxpayers: passing, failing, and both sides of its tolerance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from filing.choices import RuleOutcome
from filing.rules.comparison import GENERAL_RULES, RULES, SMALL_SCALE_RULES, compare, rules_for
from filing.rules.comparison.base import ComparisonFacts, Finding, judge

TOLERANCE = Decimal("1.00")


def find(code: str, declared: dict[str, str], known: dict[str, str], *, registered: bool = False) -> Finding:
    """Apply one rule with a tolerance of one yuan."""
    rule = next(each for each in GENERAL_RULES if each.code == code)
    facts = ComparisonFacts(
        declared={name: Decimal(text) for name, text in declared.items()},
        known={name: Decimal(text) for name, text in known.items()},
        has_relief_registration=registered,
    )
    return judge(rule, facts, TOLERANCE)


@pytest.mark.parametrize(
    ("issued", "outcome"),
    [("999.00", "pass"), ("1000.00", "pass"), ("1001.00", "within_tolerance"), ("1001.01", "fail")],
)
@pytest.mark.parametrize(
    ("code", "known", "declared"),
    [("G1A", "issued_amount", "sales_amount"), ("G1B", "issued_tax", "sales_tax")],
)
def test_what_was_issued_may_not_exceed_what_is_declared(
    code: str, known: str, declared: str, issued: str, outcome: str
) -> None:
    found = find(code, {declared: "1000.00"}, {known: issued})
    assert found.outcome == outcome
    assert found.is_blocking == (outcome == RuleOutcome.FAILED)


@pytest.mark.parametrize(
    ("wanted", "outcome"),
    [("99.00", "pass"), ("100.00", "pass"), ("101.00", "within_tolerance"), ("101.01", "fail")],
)
@pytest.mark.parametrize(
    ("code", "declared", "known"),
    [
        ("G3A", "special_input_amount", "special_input_amount"), ("G3B", "special_input_tax", "special_input_tax"),
        ("G4", "customs_tax", "customs_tax"), ("G5", "withheld_tax", "withheld_tax"),
        ("G6", "resale_tax", "resale_tax"), ("G7", "computed_tax", "computed_tax"),
        ("G10", "tax_relief", "relief_allowed"), ("G11", "prepaid", "prepaid"),
    ],
)  # fmt: skip
def test_what_is_claimed_may_not_exceed_what_is_known(
    code: str, declared: str, known: str, wanted: str, outcome: str
) -> None:
    found = find(code, {declared: wanted}, {known: "100.00"})
    assert found.outcome == outcome
    assert (found.declared, found.measured) == (Decimal(wanted), Decimal("100.00"))
    assert find(code, {}, {}).outcome == RuleOutcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [
        ("98.99", "fail"), ("99.00", "within_tolerance"), ("100.00", "pass"),
        ("101.00", "within_tolerance"), ("101.01", "fail"),
    ],
)  # fmt: skip
def test_the_red_notices_must_be_transferred_out_exactly(declared: str, outcome: str) -> None:
    assert find("G8", {"red_transfer": declared}, {"red_transfer": "100.00"}).outcome == outcome
    assert find("G8", {}, {}).outcome == RuleOutcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("total", "outcome"), [("0", "pass"), ("5.00", "pass"), ("-1.00", "within_tolerance"), ("-1.01", "fail")]
)
def test_input_transferred_out_is_not_negative(total: str, outcome: str) -> None:
    assert find("G9", {"transfer_total": total}, {}).outcome == outcome


def test_relieved_sales_want_a_registration_but_never_block() -> None:
    assert find("G2", {"relieved_sales": "0"}, {}).outcome == RuleOutcome.NOT_APPLICABLE
    assert find("G2", {"relieved_sales": "10"}, {}, registered=True).outcome == RuleOutcome.PASSED
    rule = next(each for each in GENERAL_RULES if each.code == "G2")
    missing = judge(rule, ComparisonFacts(declared={"relieved_sales": Decimal(10)}), Decimal(0))
    assert missing.outcome == RuleOutcome.FAILED
    assert not missing.is_blocking


def test_without_a_return_only_its_absence_is_told() -> None:
    tolerances = dict.fromkeys((rule.code for rule in GENERAL_RULES), Decimal(0))
    found = compare(ComparisonFacts(has_return=False), tolerances, GENERAL_RULES)
    assert [each.rule.code for each in found if each.outcome == RuleOutcome.FAILED] == ["R0"]


def test_each_kind_of_taxpayer_is_held_to_its_own_rules_from_their_day_on() -> None:
    own = {rule.code for rule in GENERAL_RULES} & {rule.code for rule in SMALL_SCALE_RULES}
    assert own == {"R0", "T0", "S1"}
    assert {rule.code for rule in GENERAL_RULES} | {rule.code for rule in SMALL_SCALE_RULES} == {r.code for r in RULES}
    assert rules_for("general", date(2018, 2, 28)) == ()
    assert rules_for("general", date(2018, 3, 1)) == GENERAL_RULES


def test_each_rule_names_its_law_and_its_remedy() -> None:
    assert len({each.code for each in RULES}) == len(RULES)
    assert all(each.legal_basis and str(each.remedy) and str(each.failing_sentence) for each in RULES)
