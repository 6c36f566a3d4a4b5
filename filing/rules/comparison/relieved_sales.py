"""G2: exempt or refunded sales have a relief registration; missing alone never blocks."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from filing.rules.comparison.base import GENERAL, ComparisonFacts, ComparisonRule, Measurement, declared_within_known
from taxhall.common.money import ZERO


def measure(facts: ComparisonFacts) -> Measurement | None:
    """Not applicable without such sales."""
    if not facts.has_return:
        return None
    if facts.declared_amount("relieved_sales") <= ZERO:
        return None
    return declared_within_known(Decimal(1), Decimal(facts.has_relief_registration))


RULE = ComparisonRule(
    code="G2",
    title=_("申报免税、即征即退销售额的，应有优惠备案"),
    legal_basis="税总发〔2017〕124号：仅缺优惠备案的，仍予解锁",
    is_blocking=False,
    measure=measure,
    failing_sentence=_("申报了免税或即征即退销售额，但没有查询到优惠备案；这一项不影响清卡。"),
    remedy=_("如需备案，请向主管税务机关补办优惠备案。"),
    kinds=GENERAL,
    is_count=True,
)
