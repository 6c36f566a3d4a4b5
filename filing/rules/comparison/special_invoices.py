"""X1: special invoices issued do not exceed the special-invoice sales declared."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import ComparisonFacts, ComparisonRule, Measurement, issued_within_declared
from taxhall.common.money import ZERO


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Lines 2 and 5 against the invoices of the period, red ones netted, voided ones left out."""
    if not facts.has_return:
        return None
    return issued_within_declared(facts.issued_special, facts.declared.get("special_sales", ZERO))


RULE = ComparisonRule(
    code="X1",
    title=_("专用发票开具金额 ≤ 申报的专用发票销售额"),
    legal_basis="税总发〔2017〕124号（小规模纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("专用发票开具金额大于申报表第 2、5 栏之和。"),
    remedy=_("请核对本期专用发票，把少报的金额补入第 2、5 栏。"),
    is_mended_in_form=True,
)
