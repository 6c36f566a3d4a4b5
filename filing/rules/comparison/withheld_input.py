"""G5: withholding certificates declared are known."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Tax of row 7 of 附列资料（二）."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("withheld_tax"), facts.known_amount("withheld_tax")
    if not declared and not known:
        return None
    return declared_within_known(declared, known)


RULE = ComparisonRule(
    code="G5",
    title=_("申报抵扣的代扣代缴税额 ≤ 完税凭证税额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（二）第 7 栏税额大于代扣代缴完税凭证的税额。"),
    remedy=_("请核对代扣代缴完税凭证，按凭证改正第 7 栏。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
