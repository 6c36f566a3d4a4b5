"""The limiter of sign-in: rows in PostgreSQL, so that every process and every restart sees one count.

A try is counted as a failure before it is made (`reserve`) and taken back when it succeeds
(`release`). So tries running at the same moment cannot pass a limit together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.choices import ThrottleScope
from accounts.errors import SignInClosedError, SignInPausedError
from accounts.models import LoginThrottle

GROWING_WAITS = (0, 0, 0, 0, 30, 60, 120, 240, 480, 900)
CLOSED = datetime(9999, 12, 31, tzinfo=UTC)
_CLOSED_SECONDS = -1


@dataclass(frozen=True)
class Limit:
    """How long a key waits after its n-th failure in a row; the last wait repeats.

    `closes_at` shuts the key at that failure until a success elsewhere or an officer opens it;
    `forget_after` lets a quiet key start again (never for the limits that count consecutive
    failures of an account).
    """

    scope: str
    waits: tuple[int, ...]
    closes_at: int | None = None
    forget_after: timedelta | None = None

    def schedule(self) -> list[int]:
        """Return the waits as the statement needs them: one per failure, -1 closes."""
        if self.closes_at is None:
            return list(self.waits)
        repeated = [self.waits[-1]] * self.closes_at
        return [*[*self.waits, *repeated][: self.closes_at - 1], _CLOSED_SECONDS]


# Growing delay from the 5th failure, fifteen minutes at the 10th, per name and network.
NAME_NETWORK = Limit(ThrottleScope.NAME_NETWORK, GROWING_WAITS, forget_after=timedelta(hours=24))
# Strangers have 80 failures in a row, the owner's known devices 20: together never above 100.
ACCOUNT = Limit(ThrottleScope.ACCOUNT, (0,), closes_at=80)
# A name that nobody has, counted alike; those rows are forgotten, an account's never.
NAME = Limit(ThrottleScope.NAME, (0,), closes_at=80, forget_after=timedelta(days=90))
DEVICE = Limit(ThrottleScope.DEVICE, GROWING_WAITS, closes_at=20)
# One password tried on many names from one place.
NETWORK = Limit(ThrottleScope.NETWORK, (0,) * 99 + (60,), forget_after=timedelta(minutes=15))
CODE = Limit(ThrottleScope.CODE, GROWING_WAITS, closes_at=50)


@dataclass(frozen=True)
class Ticket:
    """One limit and the key it is held against."""

    limit: Limit
    digest: str


@dataclass(frozen=True)
class Reservation:
    """A try that is already counted as a failure; `paused_until` is what a real failure costs."""

    tickets: tuple[Ticket, ...]
    paused_until: datetime | None


def ticket(limit: Limit, *parts: object) -> Ticket:
    """Return the limit for one key; the key is kept as a digest only."""
    text = "\x00".join(str(part) for part in parts)
    return Ticket(limit, hashlib.sha256(text.encode()).hexdigest())


def reserve(tickets: Iterable[Ticket]) -> Reservation:
    """Count one try against all keys, or against none if one of them is waiting.

    Raises: SignInPausedError with the moment, SignInClosedError for an account's closed lane.
    """
    # One order for all callers, so that two tries never wait for each other's rows.
    ordered = tuple(sorted(set(tickets), key=lambda each: (each.limit.scope, each.digest)))
    now = timezone.now()
    waits: list[datetime] = []
    with transaction.atomic():
        for each in ordered:
            counted, until = _count(each, now)
            if not counted:
                _refuse(until)
            if until is not None:
                waits.append(until)
    return Reservation(ordered, max(waits, default=None))


def release(reservation: Reservation, *, cleared: Sequence[Ticket]) -> None:
    """Take a try back after a success: the cleared keys start anew, the others lose this one count."""
    with transaction.atomic():
        for each in reservation.tickets:
            if each not in cleared:
                # The wait in this row, if any, was set by this very try: nobody may count past a wait.
                _rows(each).filter(failures__gt=0).update(failures=F("failures") - 1, blocked_until=None)
        forget(cleared)


def forget(tickets: Iterable[Ticket]) -> None:
    """Remove the counts of these keys."""
    for each in tickets:
        _rows(each).delete()


def is_closed(one: Ticket) -> bool:
    """Tell whether a key is shut until somebody opens it."""
    return _rows(one).filter(blocked_until=CLOSED).exists()


def purge_stale(*, now: datetime) -> int:
    """Remove counts whose limit forgets and that have been quiet long enough; return how many."""
    removed = 0
    for limit in (NAME_NETWORK, NAME, NETWORK):
        if limit.forget_after is not None:
            stale = LoginThrottle.objects.filter(scope=limit.scope, last_failure_at__lt=now - limit.forget_after)
            removed += stale.delete()[0]
    return removed


def _rows(one: Ticket) -> QuerySet[LoginThrottle]:
    return LoginThrottle.objects.filter(scope=one.limit.scope, key_digest=one.digest)


def _refuse(until: datetime | None) -> None:
    if until is None or until >= CLOSED:
        raise SignInClosedError
    raise SignInPausedError(until)


def _count(one: Ticket, now: datetime) -> tuple[bool, datetime | None]:
    """Count a try in one statement; return whether it is allowed, and the wait it sets or runs into.

    The statement updates only a row that is not waiting, so of any number of tries at one moment
    exactly as many are counted as the limit allows.
    """
    schedule = one.limit.schedule()
    forget_before = now - one.limit.forget_after if one.limit.forget_after else datetime(1970, 1, 1, tzinfo=UTC)
    values: dict[str, Any] = {
        "scope": one.limit.scope,
        "digest": one.digest,
        "now": now,
        "forget_before": forget_before,
        "waits": schedule,
        "longest": len(schedule),
        "closed": CLOSED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SQL, values)
        row = cursor.fetchone()
    if row is not None:
        return True, row[0]
    return False, _rows(one).values_list("blocked_until", flat=True).first()


_COUNT_SQL = """
WITH allowed AS (SELECT %(waits)s::integer[] AS waits, %(now)s::timestamptz AS now)
INSERT INTO accounts_loginthrottle AS held (scope, key_digest, failures, last_failure_at, blocked_until)
SELECT %(scope)s, %(digest)s, 1, now,
       CASE WHEN waits[1] < 0 THEN %(closed)s::timestamptz
            WHEN waits[1] > 0 THEN now + waits[1] * interval '1 second' END
FROM allowed
ON CONFLICT (scope, key_digest) DO UPDATE SET
    failures = CASE WHEN held.last_failure_at < %(forget_before)s THEN 1 ELSE held.failures + 1 END,
    last_failure_at = %(now)s,
    blocked_until = (
        SELECT CASE WHEN wait < 0 THEN %(closed)s::timestamptz
                    WHEN wait > 0 THEN %(now)s::timestamptz + wait * interval '1 second' END
        FROM (SELECT (%(waits)s::integer[])[LEAST(
            CASE WHEN held.last_failure_at < %(forget_before)s THEN 1 ELSE held.failures + 1 END,
            %(longest)s)] AS wait) AS scheduled)
WHERE held.blocked_until IS NULL OR held.blocked_until <= %(now)s
RETURNING blocked_until
"""
