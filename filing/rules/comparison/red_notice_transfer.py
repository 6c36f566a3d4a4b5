"""G8: input transferred out for red notices equals the notices: the only equality."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, equal_to_known


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Row 20 of 附列资料（二） against the notices recorded; too little and too much both fail."""
    if not facts.has_return:
        return None
    declared, known = facts.declared_amount("red_transfer"), facts.known_amount("red_transfer")
    return equal_to_known(declared, known) if declared or known else None


RULE = ComparisonRule(
    code="G8",
    title=_("红字信息表转出的进项税额 = 信息表税额"),
    legal_basis="税总发〔2017〕124号（一般纳税人票表比对）",
    is_blocking=True,
    measure=measure,
    failing_sentence=_("附列资料（二）第 20 栏与红字专用发票信息表注明的税额不相等。"),
    remedy=_("请核对红字信息表，在“进项发票”登记转出。"),
    is_mended_in_form=True,
    kinds=GENERAL,
)
