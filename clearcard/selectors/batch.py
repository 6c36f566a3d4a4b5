"""Applications that may be approved together."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from clearcard.models import ClearCardCase
from clearcard.querysets import CaseQuerySet
from clearcard.rules import batch as batch_rules
from clearcard.selectors.queue import officer_queue


def batch_candidates(*, visible_to: User) -> CaseQuerySet:
    """Return what waits for a decision, the longest waiting first, with the results of the review."""
    return officer_queue(visible_to=visible_to, view="open").prefetch_related("review_results")


def listed_cases(*, visible_to: User, numbers: Sequence[str]) -> list[ClearCardCase]:
    """Return those of the numbered applications that wait for a decision in the officer's district."""
    return list(batch_candidates(visible_to=visible_to).filter(number__in=list(numbers)[: batch_rules.LARGEST + 1]))


def why_not_batch(case: ClearCardCase) -> str:
    """Return why the application is decided on its own page; empty when it may be approved with others."""
    results = [each for each in case.review_results.all() if each.round == case.round]
    return batch_rules.why_not_batch(
        kind=case.kind,
        credit_grade=case.taxpayer.credit_grade,
        outcomes={each.rule_code: each.outcome for each in results},
        titles={each.rule_code: each.title for each in results},
    )
