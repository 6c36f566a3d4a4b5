"""Reads of comparisons that were handed to the exception post."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts import selectors as account_selectors
from accounts.choices import Post
from accounts.models import User
from filing.choices import ExceptionState
from filing.models import ComparisonException


def waiting_exceptions(*, officer: User) -> QuerySet[ComparisonException]:
    """Return the open ones where the officer holds the exception post, or is the head who answers for it."""
    bureaus = account_selectors.headed_bureaus(officer=officer, posts=(Post.EXCEPTION, Post.HEAD))
    return ComparisonException.objects.filter(state=ExceptionState.OPEN, taxpayer__bureau__in=bureaus)
