"""The filing season for pages of the applications below: templates ask, no code of theirs does."""

from __future__ import annotations

from django import template

from accounts.models import Bureau, Taxpayer
from filing import selectors
from filing.selectors.calendar import Deadline
from taxhall.common.periods import TaxPeriod

register = template.Library()


@register.simple_tag
def season_of(period: TaxPeriod, bureau: Bureau) -> Deadline:
    """Return the last day for a bureau's companies to file for a period."""
    return selectors.deadline_for(period, bureau=bureau)


@register.simple_tag
def season_after(period: TaxPeriod, bureau: Bureau) -> Deadline:
    """Return the lock date that a disk will have once this period is cleared."""
    return selectors.deadline_for(period.next(), bureau=bureau)


@register.simple_tag
def no_return_words(taxpayer: Taxpayer, month: TaxPeriod) -> str:
    """Say that no return goes with a month and which one comes next; empty when one does."""
    return selectors.no_return_words(taxpayer, month)
