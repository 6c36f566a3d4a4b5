"""The filing season for pages of the applications below: templates ask, no code of theirs does."""

from __future__ import annotations

from django import template

from filing import selectors
from filing.selectors.calendar import Deadline
from taxhall.common.periods import TaxPeriod

register = template.Library()


@register.simple_tag
def season_of(period: TaxPeriod) -> Deadline:
    """Return the last day to file for a period: the lock date of a disk that has it open."""
    return selectors.deadline_for(period)


@register.simple_tag
def season_after(period: TaxPeriod) -> Deadline:
    """Return the lock date that a disk will have once this period is cleared."""
    return selectors.deadline_for(period.next())
