"""One worker at a time for a long job; its progress is in the row, so whoever comes next goes on from there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import F, Q
from django.utils import timezone

from invoicing.models.files import LeasedJob

Job = TypeVar("Job", bound=LeasedJob)
# Longer than one batch takes on a busy machine, short enough that a killed worker's job goes on soon.
LEASE = timedelta(seconds=45)
# A file that kills its worker every time is given up (trust R-23); progress sets the count back.
MAX_ATTEMPTS = 5


class LeaseGoneError(Exception):
    """Another worker has the job, or a person has stopped it; this one writes nothing more."""


def free(states: Sequence[str]) -> Q:
    """Return the condition of jobs in these states that nobody holds."""
    return Q(state__in=states) & (Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now()))


def claim(model: type[Job], *, pk: Any, states: Sequence[str], lease: timedelta = LEASE) -> Job | None:
    """Take the job if nobody holds it; None when there is nothing to do here."""
    rows: Any = model._default_manager
    taken = rows.filter(free(states), pk=pk).update(
        lease_token=uuid.uuid4(), leased_until=timezone.now() + lease, attempts=F("attempts") + 1
    )
    found: Job | None = rows.get(pk=pk) if taken else None
    return found


def hold(job: Job) -> Job:
    """Lock the row inside a transaction and prove that it is still ours, in the state that was claimed.

    Raises: LeaseGoneError.
    """
    rows: Any = type(job)._default_manager
    locked: Job = rows.select_for_update().get(pk=job.pk)
    if locked.lease_token != job.lease_token or getattr(locked, "state", "") != getattr(job, "state", ""):
        raise LeaseGoneError
    locked.leased_until = timezone.now() + LEASE
    locked.attempts = 0
    return locked


def let_go(job: LeasedJob) -> None:
    """Give the job back so that the next worker need not wait for the lease to end."""
    rows: Any = type(job)._default_manager
    rows.filter(pk=job.pk, lease_token=job.lease_token).update(lease_token=None, leased_until=None)
