"""When an offline ceiling is reached if things go on as they did (推算), computed from numbers alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

# One big invoice this morning is not a pace: less than a day counts as one.
SHORTEST_SPAN = timedelta(days=1)
# Beyond this a pace says nothing.
HORIZON = timedelta(days=90)


@dataclass(frozen=True)
class CeilingUse:
    """A ceiling of what may be issued before the next upload, and how much of it is used since a moment."""

    name: str
    used: Decimal
    limit: Decimal
    since: datetime | None


@dataclass(frozen=True)
class CeilingEnd:
    """The first ceiling that is reached, and when; `is_reached` when it is already."""

    name: str
    at: datetime
    is_reached: bool = False


def reached_at(use: CeilingUse, now: datetime) -> datetime | None:
    """Return when the ceiling is reached at the pace since its first record, None when that is not in sight."""
    if use.limit <= 0 or use.used <= 0 or use.since is None:
        return None
    if use.used >= use.limit:
        return now
    span = max(now - use.since, SHORTEST_SPAN)
    left = span * float((use.limit - use.used) / use.used)
    return now + left if left <= HORIZON else None


def hours_end(since: datetime | None, hours: int) -> datetime | None:
    """Return when the time for uploading the oldest offline record ends; no pace, a plain deadline."""
    return None if since is None or not hours else since + timedelta(hours=hours)


def first_end(uses: Iterable[CeilingUse], *, since: datetime | None, hours: int, now: datetime) -> CeilingEnd | None:
    """Return the ceiling that ends offline issuing first, None when none does within the horizon."""
    ends = [(at, use.name) for use in uses if (at := reached_at(use, now)) is not None]
    if (deadline := hours_end(since, hours)) is not None:
        ends.append((deadline, "hours"))
    if not ends:
        return None
    at, name = min(ends)
    return CeilingEnd(name, at, is_reached=at <= now)
