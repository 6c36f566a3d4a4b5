"""The comparison rules, listed by hand in the order they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from accounts.choices import TaxpayerKind
from filing.rules.comparison import (
    computed_input,
    customs_input,
    form_agrees,
    ordinary_invoices,
    output_amount,
    output_tax,
    prepaid_credit,
    prepaid_tax,
    red_notice_transfer,
    relief_amount,
    relief_registered,
    relieved_sales,
    resale_input,
    return_filed,
    special_input_amount,
    special_input_tax,
    special_invoices,
    tax_received,
    transfer_not_negative,
    withheld_input,
)
from filing.rules.comparison.base import ComparisonFacts, ComparisonRule, Finding, judge

RULES: tuple[ComparisonRule, ...] = (
    return_filed.RULE,
    form_agrees.RULE,
    special_invoices.RULE,
    ordinary_invoices.RULE,
    prepaid_tax.RULE,
    relief_registered.RULE,
    output_amount.RULE,
    output_tax.RULE,
    relieved_sales.RULE,
    special_input_amount.RULE,
    special_input_tax.RULE,
    customs_input.RULE,
    withheld_input.RULE,
    resale_input.RULE,
    computed_input.RULE,
    red_notice_transfer.RULE,
    transfer_not_negative.RULE,
    relief_amount.RULE,
    prepaid_credit.RULE,
    tax_received.RULE,
)
# What only the taxpayer can mend: nothing filed, the form at odds with itself, tax not paid. Never set aside.
ALWAYS_HELD = frozenset({"R0", "T0", "S1"})
_TODAYS_LAW = date.max


def rules_for(kind: str, day: date = _TODAYS_LAW) -> tuple[ComparisonRule, ...]:
    """Return the rules that periods ending on a day are held to, for one kind of taxpayer."""
    return tuple(rule for rule in RULES if rule.applies(kind, day))


SMALL_SCALE_RULES = rules_for(TaxpayerKind.SMALL_SCALE.value)
GENERAL_RULES = rules_for(TaxpayerKind.GENERAL.value)


def compare(
    facts: ComparisonFacts,
    tolerances: Mapping[str, Decimal],
    rules: tuple[ComparisonRule, ...] = SMALL_SCALE_RULES,
) -> tuple[Finding, ...]:
    """Apply every rule with its own tolerance."""
    return tuple(judge(rule, facts, tolerances[rule.code]) for rule in rules)
