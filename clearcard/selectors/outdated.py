"""Which periods still wait and were compared under other measures about the rules than today's."""

from __future__ import annotations

from clearcard.choices import UNDECIDED_STATUSES
from clearcard.models import ClearCardCase
from filing import selectors as filing_selectors
from taxhall.common.periods import TaxPeriod


def outdated_periods() -> list[tuple[int, TaxPeriod]]:
    """Return taxpayer and month of every such undecided case and of every such open exception, each once."""
    cases = ClearCardCase.objects.filter(status__in=UNDECIDED_STATUSES).order_by("pk")
    rows = filing_selectors.with_outdated_comparison(cases).values_list("taxpayer_id", "period_start")
    waiting = [(taxpayer_id, TaxPeriod.of_month(start)) for taxpayer_id, start in rows]
    return list(dict.fromkeys([*waiting, *filing_selectors.outdated_exceptions()]))
