"""G11: tax declared as prepaid was really prepaid."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Column 2 of rows 2 to 5 of 附列资料（四） against what the treasury received."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("prepaid"), facts.known_amount("prepaid")
    if not declared and not known:
        return None
    return declared_within_known(declared, known)


RULE = ComparisonRule(
    code="G11",
    title=_("申报的预缴税额 ≤ 实际预缴税额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（四）申报的预缴税额大于国库实际收到的预缴税款。"),
    remedy=_("请核对完税凭证，按实际预缴的金额改正附列资料（四）。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
