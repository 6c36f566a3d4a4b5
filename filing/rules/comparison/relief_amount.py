"""G10: the reduction of tax declared is within what policy allows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Line 23 against the fees for tax devices, reduced levy on used assets and registered reliefs."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("tax_relief"), facts.known_amount("relief_allowed")
    if not declared and not known:
        return None
    return declared_within_known(declared, known)


RULE = ComparisonRule(
    code="G10",
    title=_("应纳税额减征额 ≤ 政策允许的减征额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("主表第 23 栏减征额大于政策允许的减征额。"),
    remedy=_("请核对减免税申报明细表；需要备案的优惠请先备案。"),
    kinds=GENERAL,
)
