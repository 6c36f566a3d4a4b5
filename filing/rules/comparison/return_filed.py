"""R0: a return of the period was filed."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import EVERYBODY, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement:
    """One return is wanted; none or one is there."""
    return declared_within_known(Decimal(1), Decimal(facts.has_return))


RULE = ComparisonRule(
    code="R0",
    title=_("本期已申报"),
    legal_basis="税总发〔2017〕124号",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("没有查询到本期的申报记录。"),
    remedy=_("请先完成本期申报。"),
    is_count=True,
    kinds=EVERYBODY,
)
