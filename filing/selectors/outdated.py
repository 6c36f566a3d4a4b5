"""Comparisons that were made under other measures about the rules than those in force today."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from filing.choices import GONE_STATES, ExceptionState, MeasureKind, RunOutcome
from filing.models import ComparisonException, ComparisonResult, ComparisonRun
from filing.selectors.measures import MEASURES
from taxhall.common import clock
from taxhall.common.parts import fetch, latest
from taxhall.common.periods import TaxPeriod


def with_outdated_comparison(rows: QuerySet[Any], *, month: str = "period_start") -> QuerySet[Any]:
    """Keep those rows of a taxpayer and a month whose standing comparison applied other measures than today's.

    A measure counts on the day of comparing: its first day, the day after its last one and its lifting all change
    what a comparison finds. One that was made anew applies today's, and so is not found again.
    """
    standing = ComparisonRun.objects.filter(
        Q(tax_return__isnull=True) | ~Q(tax_return__status__in=GONE_STATES),
        taxpayer=OuterRef("taxpayer"),
        period_start=OuterRef(month),
    )
    moved = ComparisonResult.objects.filter(_other_than_today(), run=OuterRef("standing_run"))
    is_compared = moved.exclude(run__outcome=RunOutcome.NOT_APPLICABLE)
    found: QuerySet[Any] = rows.annotate(standing_run=Subquery(standing.values("pk")[:1]))
    return found.filter(Exists(is_compared))


def is_outdated(run: ComparisonRun) -> bool:
    """Say whether comparing today would apply other measures about the rules than this comparison did."""
    return run.outcome != RunOutcome.NOT_APPLICABLE and run.results.filter(_other_than_today()).exists()


def outdated_exceptions() -> list[tuple[int, TaxPeriod]]:
    """Return taxpayer and month of what lies at the exception post and was compared under other measures."""
    rows = ComparisonException.objects.filter(state=ExceptionState.OPEN).order_by("pk")
    found = with_outdated_comparison(rows, month="run__period_start").select_related("run")
    return [(row.taxpayer_id, row.run.period) for row in found]


def _other_than_today() -> Q:
    """Return which results hold another measure than is in force for their rule."""
    found = fetch(MEASURES, today=clock.today()).of("measure")
    in_force = {**latest(found, kind=MeasureKind.TOLERANCE), **latest(found, kind=MeasureKind.SUSPEND)}
    applied = [row.number for row in in_force.values()]
    moved = Q(rule_measure__isnull=False) & ~Q(rule_measure__in=applied)
    for code, row in in_force.items():
        moved |= Q(rule_code=code) & (Q(rule_measure__isnull=True) | ~Q(rule_measure=row.number))
    return moved
