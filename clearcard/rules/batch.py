"""Which applications may be approved together: those that differ in nothing a person would have to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.choices import CreditGrade
from clearcard.choices import ReviewOutcome
from clearcard.rules.review import needs_second_officer

# More cannot be looked at with care in one go (trust.md A17).
LARGEST = 20
# Of so many one is opened before the batch is approved.
ONE_IN = 5
# The grade alone keeps a harmless application out of the green lane; everything else must pass.
HARMLESS = ("grade_allows",)


def why_not_batch(*, kind: str, credit_grade: str, outcomes: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """Return why an application is decided on its own page; empty when it may be approved with others.

    Rule: every check of the automatic review passed but that of the credit grade, not special (two officers), not
    grade D (strict supervision, 国家税务总局公告2014年第40号 第三十二条).
    """
    if needs_second_officer(kind):
        return _("特殊清卡须两名税务人员逐份审核")
    if credit_grade == CreditGrade.D:
        return _("D 级纳税人逐份审核")
    if not outcomes:
        return _("自动核查还没有结果")
    open_ones = [code for code, outcome in outcomes.items() if outcome != ReviewOutcome.PASS and code not in HARMLESS]
    if open_ones:
        return _("有核查事项需要人工看：%(titles)s") % {"titles": "、".join(titles[code] for code in open_ones)}
    return ""


def sample(digests: Sequence[str]) -> list[str]:
    """Return which of the batch must be opened first: one in five, at least one, not of the officer's choosing."""
    count = -(-len(digests) // ONE_IN)
    return sorted(digests)[:count]
