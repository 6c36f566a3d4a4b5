"""The comparison rules, listed by hand in the order they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from filing.rules.comparison import (
    form_agrees,
    ordinary_invoices,
    prepaid_tax,
    relief_registered,
    return_filed,
    special_invoices,
    tax_received,
)
from filing.rules.comparison.base import ComparisonFacts, ComparisonRule, Finding, judge

SMALL_SCALE_RULES: tuple[ComparisonRule, ...] = (
    return_filed.RULE,
    form_agrees.RULE,
    special_invoices.RULE,
    ordinary_invoices.RULE,
    prepaid_tax.RULE,
    relief_registered.RULE,
    tax_received.RULE,
)


def compare(facts: ComparisonFacts, tolerances: Mapping[str, Decimal]) -> tuple[Finding, ...]:
    """Apply every rule with its own tolerance."""
    return tuple(judge(rule, facts, tolerances[rule.code]) for rule in SMALL_SCALE_RULES)
