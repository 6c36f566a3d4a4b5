"""G6: certificates of exports sold at home are known."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Tax of row 11 of 附列资料（二）."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("resale_tax"), facts.known_amount("resale_tax")
    if not declared and not known:
        return None
    return declared_within_known(declared, known)


RULE = ComparisonRule(
    code="G6",
    title=_("申报的外贸企业进项税额抵扣证明 ≤ 出口转内销证明税额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（二）第 11 栏税额大于出口货物转内销证明的税额。"),
    remedy=_("请核对出口货物转内销证明，按证明改正第 11 栏。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
