"""G7: input computed from vouchers is within the vouchers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Tax of rows 6, 8a and 8b of 附列资料（二）."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("computed_tax"), facts.known_amount("computed_tax")
    if not declared and not known:
        return None
    return declared_within_known(declared, known)


RULE = ComparisonRule(
    code="G7",
    title=_("申报的计算抵扣税额 ≤ 凭证计算的税额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（二）第 6、8a、8b 栏税额大于按凭证计算的税额。"),
    remedy=_("请核对农产品、旅客运输等凭证，按凭证填写。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
