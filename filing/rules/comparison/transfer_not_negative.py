"""G9: the input transferred out is not negative."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement
from taxhall.common.money import ZERO


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Row 13 of 附列资料（二）."""
    if not facts.has_return:
        return None
    return Measurement(lower=ZERO, upper=facts.declared_amount("transfer_total"), is_declared_lower=False)


RULE = ComparisonRule(
    code="G9",
    title=_("进项税额转出合计 ≥ 0"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（二）第 13 栏进项税额转出合计是负数。"),
    remedy=_("请核对各转出栏次。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
