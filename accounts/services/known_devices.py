"""The owner's lane: a signed cookie that says an account has signed in from this browser before.

It proves nothing by itself and opens nothing; it only keeps strangers' failures from locking out
the owner. A change of password voids it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.core import signing

from accounts.models import User

COOKIE = "hall_device"
MAX_AGE = 180 * 24 * 60 * 60
_SALT = "accounts.known_device"
_MOST_ACCOUNTS = 5


def remember(cookie: str, user: User) -> str:
    """Return the cookie with this account added; the oldest of more than five is dropped."""
    others = [entry for entry in _entries(cookie) if entry[0] != user.pk]
    return signing.dumps([[user.pk, _mark(user)], *others][:_MOST_ACCOUNTS], salt=_SALT)


def known(cookie: str, users: Iterable[User]) -> list[User]:
    """Return those of the accounts that have signed in from this browser before."""
    marks: dict[object, object] = {entry[0]: entry[1] for entry in _entries(cookie)}
    return [user for user in users if marks.get(user.pk) == _mark(user)]


def _entries(cookie: str) -> list[list[object]]:
    if not cookie:
        return []
    try:
        found = signing.loads(cookie, salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return []
    return list(found)


def _mark(user: User) -> str:
    return hashlib.sha256(user.get_session_auth_hash().encode()).hexdigest()[:16]
