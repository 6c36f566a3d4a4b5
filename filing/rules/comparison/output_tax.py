"""G1B: the tax of invoices issued does not exceed the output tax declared."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, issued_within_declared


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Net tax of the invoices against column 10 of 附列资料（一）, before deductions."""
    if not facts.has_return:
        return None
    return issued_within_declared(facts.known_amount("issued_tax"), facts.declared_amount("sales_tax"))


RULE = ComparisonRule(
    code="G1B",
    title=_("开具发票税额 ≤ 申报的销项（应纳）税额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("本期开具发票的税额大于附列资料（一）第 10 列申报的税额。"),
    remedy=_("请核对本期发票，把少报的税额补入附列资料（一）。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
