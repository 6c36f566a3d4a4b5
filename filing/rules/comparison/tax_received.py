"""S1: the treasury received the tax that was declared (表税比对)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import EVERYBODY, ComparisonFacts, ComparisonRule, Measurement, declared_within_known
from taxhall.common.money import ZERO


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Tax due against payments whose signed receipt was verified; a refund owes nothing."""
    if not facts.has_return:
        return None
    return declared_within_known(max(facts.tax_due, ZERO), facts.tax_received)


RULE = ComparisonRule(
    code="S1",
    title=_("申报应缴税额 ≤ 实际入库税额"),
    legal_basis="税总发〔2017〕124号（表税比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("申报的税款还没有全部入库。"),
    remedy=_("请缴款，等国库回执后重新比对。"),
    kinds=EVERYBODY,
)
