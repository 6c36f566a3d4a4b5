"""What every comparison rule is made of (一窗式比对).

A rule measures two numbers and says how they must stand; `judge` alone decides pass, tolerance or
fail, so that all rules treat the edge of a tolerance alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.choices import TaxpayerKind
from filing.choices import RuleOutcome
from taxhall.common.money import ZERO

SMALL_SCALE: frozenset[str] = frozenset({TaxpayerKind.SMALL_SCALE.value})
GENERAL: frozenset[str] = frozenset({TaxpayerKind.GENERAL.value})
EVERYBODY = SMALL_SCALE | GENERAL
# 税总发〔2017〕124号 is in force from this day on.
IN_FORCE = date(2018, 3, 1)


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
    # What the systems know of a general taxpayer's period, by name; what nobody knows is nothing.
    known: Mapping[str, Decimal] = field(default_factory=dict)

    def declared_amount(self, name: str) -> Decimal:
        """Return what the return declares; what it has no line for is nothing."""
        return self.declared.get(name, ZERO)

    def known_amount(self, name: str) -> Decimal:
        """Return what the systems know."""
        return self.known.get(name, ZERO)


@dataclass(frozen=True)
class Measurement:
    """`lower` must not exceed `upper`; which of them was declared is told by `is_declared_lower`.

    Where both directions fail (`is_equality`), the two must be equal.
    """

    lower: Decimal
    upper: Decimal
    is_declared_lower: bool
    is_equality: bool = False

    @property
    def excess(self) -> Decimal:
        """By how much the rule is broken; nothing or less when it holds."""
        gap = self.lower - self.upper
        return abs(gap) if self.is_equality else gap

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
    # Whether the remedy changes the return: once it is filed, only a correction (更正申报) does.
    is_mended_in_form: bool = False
    # Whether the two numbers count things instead of money.
    is_count: bool = False
    kinds: frozenset[str] = SMALL_SCALE
    valid_from: date = IN_FORCE
    valid_to: date | None = None

    @property
    def filed_remedy(self) -> str:
        """What to do about a return that is filed already."""
        return f"{self.remedy}{_('改好后办理更正申报。')}" if self.is_mended_in_form else str(self.remedy)

    def applies(self, kind: str, day: date) -> bool:
        """Say whether periods of such a taxpayer that end on a day are held to the rule."""
        return kind in self.kinds and self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Finding:
    """What a rule found, with the numbers it used."""

    rule: ComparisonRule
    outcome: RuleOutcome
    declared: Decimal | None
    measured: Decimal | None
    difference: Decimal | None
    tolerance: Decimal
    # Why a failing rule does not keep the disk from being cleared: 白名单, or lifted by the exception post.
    waived: str = ""
    # The entry of the whitelist, or the measure about the rule, that was applied.
    whitelist_entry: int | None = None
    rule_measure: int | None = None

    @property
    def is_blocking(self) -> bool:
        """Whether this finding keeps the disk from being cleared."""
        return self.outcome == RuleOutcome.FAILED and self.rule.is_blocking and not self.waived


def issued_within_declared(issued: Decimal, declared: Decimal) -> Measurement:
    """Issued may not exceed declared (票表比对: an inequality, not an equality)."""
    return Measurement(lower=issued, upper=declared, is_declared_lower=False)


def declared_within_known(declared: Decimal, known: Decimal) -> Measurement:
    """Declared may not exceed what the systems know."""
    return Measurement(lower=declared, upper=known, is_declared_lower=True)


def equal_to_known(declared: Decimal, known: Decimal) -> Measurement:
    """Declared must be what the systems know, to the cent but for the tolerance."""
    return Measurement(lower=declared, upper=known, is_declared_lower=True, is_equality=True)


def judge(rule: ComparisonRule, facts: ComparisonFacts, tolerance: Decimal) -> Finding:
    """Apply one rule; a difference of exactly the tolerance is still within it."""
    measurement = rule.measure(facts)
    if measurement is None:
        return Finding(rule, RuleOutcome.NOT_APPLICABLE, None, None, None, tolerance)
    excess = measurement.excess
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
