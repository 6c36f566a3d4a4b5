"""X2: other invoices issued do not exceed the other-invoice sales declared, exempt ones included."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import ComparisonFacts, ComparisonRule, Measurement, issued_within_declared
from taxhall.common.money import ZERO


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Lines 3, 6, 8, 9 and 14 against the invoices of the period."""
    if not facts.has_return:
        return None
    return issued_within_declared(facts.issued_ordinary, facts.declared.get("ordinary_sales", ZERO))


RULE = ComparisonRule(
    code="X2",
    title=_("其他发票开具金额 ≤ 申报的其他发票销售额"),
    legal_basis="税总发〔2017〕124号（小规模纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("普通发票等开具金额大于申报表第 3、6、8、9、14 栏之和。"),
    remedy=_("请核对本期普通发票，把少报的金额补入相应栏次。"),
    is_mended_in_form=True,
)
