"""G1A: invoices issued do not exceed the sales declared."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, issued_within_declared


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Net amount of every invoice but 不征税 ones against column 9 of 附列资料（一）."""
    if not facts.has_return:
        return None
    return issued_within_declared(facts.known_amount("issued_amount"), facts.declared_amount("sales_amount"))


RULE = ComparisonRule(
    code="G1A",
    title=_("开具发票金额 ≤ 申报的销售额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("本期开具发票的金额大于附列资料（一）第 9 列申报的销售额。"),
    remedy=_("请核对本期发票，把少报的销售额补入附列资料（一）。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
