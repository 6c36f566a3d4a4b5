"""What every comparison rule is made of (一窗式比对).

A rule measures two numbers and says how they must stand; `judge` alone decides pass, tolerance or
fail, so that all rules treat the edge of a tolerance alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.functional import Promise

from filing.choices import RuleOutcome
from taxhall.common.money import ZERO


@dataclass(frozen=True)
class ComparisonFacts:
    """Everything the rules look at: what was declared, and what the systems know."""

    has_return: bool = True
    declared: Mapping[str, Decimal] = field(default_factory=dict)
    tax_due: Decimal = ZERO
    issued_special: Decimal = ZERO
    issued_ordinary: Decimal = ZERO
    really_prepaid: Decimal = ZERO
    has_relief_registration: bool = False
    tax_received: Decimal = ZERO
    broken_checks: int = 0


@dataclass(frozen=True)
class Measurement:
    """`lower` must not exceed `upper`; which of them was declared is told by `is_declared_lower`."""

    lower: Decimal
    upper: Decimal
    is_declared_lower: bool

    @property
    def declared(self) -> Decimal:
        """The number of the return."""
        return self.lower if self.is_declared_lower else self.upper

    @property
    def measured(self) -> Decimal:
        """The number of the systems."""
        return self.upper if self.is_declared_lower else self.lower


@dataclass(frozen=True)
class ComparisonRule:
    """One rule: its law, its direction, and whether it keeps the disk from being cleared."""

    code: str
    title: str | Promise
    legal_basis: str
    is_blocking: bool
    measure: Callable[[ComparisonFacts], Measurement | None]
    failing_sentence: str | Promise
    remedy: str | Promise
    # Whether the two numbers count things instead of money.
    is_count: bool = False


@dataclass(frozen=True)
class Finding:
    """What a rule found, with the numbers it used."""

    rule: ComparisonRule
    outcome: RuleOutcome
    declared: Decimal | None
    measured: Decimal | None
    difference: Decimal | None
    tolerance: Decimal

    @property
    def is_blocking(self) -> bool:
        """Whether this finding keeps the disk from being cleared."""
        return self.outcome == RuleOutcome.FAILED and self.rule.is_blocking


def issued_within_declared(issued: Decimal, declared: Decimal) -> Measurement:
    """Issued may not exceed declared (票表比对: an inequality, not an equality)."""
    return Measurement(lower=issued, upper=declared, is_declared_lower=False)


def declared_within_known(declared: Decimal, known: Decimal) -> Measurement:
    """Declared may not exceed what the systems know."""
    return Measurement(lower=declared, upper=known, is_declared_lower=True)


def judge(rule: ComparisonRule, facts: ComparisonFacts, tolerance: Decimal) -> Finding:
    """Apply one rule; a difference of exactly the tolerance is still within it."""
    measurement = rule.measure(facts)
    if measurement is None:
        return Finding(rule, RuleOutcome.NOT_APPLICABLE, None, None, None, tolerance)
    excess = measurement.lower - measurement.upper
    if excess <= 0:
        outcome = RuleOutcome.PASSED
    elif excess <= tolerance:
        outcome = RuleOutcome.WITHIN_TOLERANCE
    else:
        outcome = RuleOutcome.FAILED
    return Finding(
        rule,
        outcome,
        measurement.declared,
        measurement.measured,
        measurement.measured - measurement.declared,
        tolerance,
    )
