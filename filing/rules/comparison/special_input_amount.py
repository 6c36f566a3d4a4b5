"""G3A: special-invoice input declared does not exceed what was ticked."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Amount of row 1 of 附列资料（二） against the vouchers ticked for deduction."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("special_input_amount"), facts.known_amount("special_input_amount")
    if not declared and not known:
        return None
    return declared_within_known(declared, known)


RULE = ComparisonRule(
    code="G3A",
    title=_("申报抵扣的专票金额 ≤ 勾选确认的专票金额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（二）第 1 栏金额大于本期勾选的专用发票金额。"),
    remedy=_("请在“进项发票”勾选缺的发票，或把第 1 栏改回勾选数。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
