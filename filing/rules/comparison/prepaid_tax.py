"""X3: tax declared as prepaid was really prepaid."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import ComparisonFacts, ComparisonRule, Measurement, declared_within_known
from taxhall.common.money import ZERO


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Line 21 against the prepayments that the treasury received in the period."""
    if not facts.has_return:
        return None
    return declared_within_known(facts.declared.get("prepaid", ZERO), facts.really_prepaid)


RULE = ComparisonRule(
    code="X3",
    title=_("申报的预缴税额 ≤ 实际预缴税额"),
    legal_basis="税总发〔2017〕124号（小规模纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("申报表第 21 栏大于国库实际收到的预缴税款。"),
    remedy=_("请核对完税凭证，按实际预缴的金额填写第 21 栏。"),
    is_mended_in_form=True,
)
