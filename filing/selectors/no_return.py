"""A month that no return goes with: said plainly, with the return that comes next and when."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.selectors.calendar import deadline_for
from filing.selectors.period_kinds import return_period
from taxhall.common.periods import TaxPeriod

# Within a quarter's months the next return is at most two months away.
_LOOK_AHEAD = 3


def no_return_words(taxpayer: Taxpayer, month: TaxPeriod) -> str:
    """Return a sentence for a month whose return is none, naming the next one; empty when one is due."""
    period, later = return_period(taxpayer, month), month
    if period is not None:
        return ""
    for _step in range(_LOOK_AHEAD):
        later = later.next()
        period = return_period(taxpayer, later)
        if period is not None:
            facts = {"month": month.label, "period": period.label, "first": period.next().start}
            last = deadline_for(period, bureau=taxpayer.bureau).date
            return _(
                "%(month)s没有应申报的增值税申报表，不用去申报；%(period)s的申报表从 %(first)s 起申报，期限 %(last)s。"
            ) % {**facts, "last": last}
    return _("%(month)s没有应申报的增值税申报表，不用去申报。") % {"month": month.label}
