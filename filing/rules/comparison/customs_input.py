"""G4: customs payment books declared were found to match."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Tax of row 5 of 附列资料（二）."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("customs_tax"), facts.known_amount("customs_tax")
    if not declared and not known:
        return None
    return declared_within_known(declared, known)


RULE = ComparisonRule(
    code="G4",
    title=_("申报抵扣的海关缴款书税额 ≤ 稽核相符的税额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（二）第 5 栏税额大于本期确认的海关缴款书税额。"),
    remedy=_("请核对海关缴款书，按确认数改正第 5 栏。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
