"""T0: the return agrees within itself (表表比对)."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import EVERYBODY, ComparisonFacts, ComparisonRule, Measurement, declared_within_known
from taxhall.common.money import ZERO


def measure(facts: ComparisonFacts) -> Measurement | None:
    """No mandatory check of the form may be broken when its cells are computed again."""
    return declared_within_known(Decimal(facts.broken_checks), ZERO) if facts.has_return else None


RULE = ComparisonRule(
    code="T0",
    title=_("申报表内及表间关系"),
    legal_basis="税总发〔2017〕124号；国家税务总局公告2021年第20号",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("申报表内或表间的勾稽关系不成立。"),
    remedy=_("请作废后按检查提示重新申报，或办理更正申报。"),
    is_count=True,
    kinds=EVERYBODY,
)
