"""Reads of comparison runs."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from filing.choices import GONE_STATES, RuleOutcome
from filing.models import ComparisonRun
from filing.selectors.returns import is_settled
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod


def list_comparisons(*, visible_to: User, taxpayer: Taxpayer | None = None) -> QuerySet[ComparisonRun]:
    """Return the comparison runs a user may see, newest first."""
    found = ComparisonRun.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if taxpayer is not None:
        found = found.filter(taxpayer=taxpayer)
    return found.select_related("taxpayer", "tax_return")


def get_comparison(*, visible_to: User, pk: int, taxpayer: Taxpayer | None = None) -> ComparisonRun:
    """Return one run; absent and not visible are the same. Raises: NotFoundError."""
    found = list_comparisons(visible_to=visible_to, taxpayer=taxpayer).filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这次比对。"), code="filing.comparison_not_found")
    return found


def latest_comparison(*, taxpayer: Taxpayer, period: TaxPeriod) -> ComparisonRun | None:
    """Return the last run for a month that still stands: not one against a return voided or corrected since."""
    return (
        ComparisonRun.objects.filter(taxpayer=taxpayer, period_start=period.start, period_end=period.end)
        .filter(Q(tax_return__isnull=True) | ~Q(tax_return__status__in=GONE_STATES))
        .select_related("tax_return")
        .first()
    )


def is_overtaken(run: ComparisonRun) -> bool:
    """Say whether tax was received or given back since a comparison, so that it tells of yesterday (rule S1)."""
    paid = run.results.filter(rule_code="S1").first()
    if paid is None or run.tax_return is None or paid.outcome == RuleOutcome.NOT_APPLICABLE:
        return False
    return is_settled(run.tax_return) == (paid.outcome == RuleOutcome.FAILED)
