"""Proving who one is by password, and by one-time code for officers.

Sign-in paths of the hall; no other code opens a session or gives a token:

| Path | Who | Factors | Session |
| --- | --- | --- | --- |
| /account/login/ | taxpayers | password | 30 min idle, 12 h |
| /api/v1/auth/tokens/ | taxpayers | password | token, 10 h |
| /admin/login/ | officers | password and TOTP | 15 min idle, 8 h |
| /agent/ | a taxpayer's PC | its key and token | none: it carries disks, it sees no page |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.contrib.auth.hashers import check_password, get_hasher, make_password
from django.db import transaction

from accounts.choices import Role
from accounts.errors import SignInClosedError, SignInPausedError, SignInRefusedError
from accounts.models import Membership, User
from accounts.services import known_devices, limiter
from accounts.services.audit import record_audit_event
from taxhall.common import identifiers

# A company's number may stand for so many of its people; more must use their usernames. Every try
# with a number costs as many hashes as this, so that the time does not tell how many there are.
MOST_CANDIDATES = 4
LONGEST_PASSWORD = 4096
NOBODY = "未登录者"


@dataclass(frozen=True)
class Origin:
    """Where a try comes from: the network of the client and its cookie of known accounts."""

    network: str
    device_cookie: str = ""


def sign_in_taxpayer(*, identifier: str, password: str, origin: Origin) -> User:
    """Return the taxpayer's account whose password this is.

    The identifier is a username, or the company's 统一社会信用代码 and then stands for its people.
    The answer for a name that does not exist is the same, in words and in time.
    Raises: SignInRefusedError, SignInPausedError, SignInClosedError.
    """
    number = identifiers.compact_taxpayer_number(identifier)
    if identifiers.looks_like_taxpayer_number(number):
        return _prove(number, _people_of(number), password, origin, hashes=MOST_CANDIDATES)
    name = User.normalize_username(identifier.strip())
    return _prove(name, _accounts_named(name, is_staff=False), password, origin, hashes=1)


def check_officer_password(*, username: str, password: str, origin: Origin) -> User:
    """Return the officer's account whose password this is; the code is still to come.

    Raises: SignInRefusedError, SignInPausedError, SignInClosedError.
    """
    name = User.normalize_username(username.strip())
    return _prove(name, _accounts_named(name, is_staff=True), password, origin, hashes=1)


def prove_again(*, user: User, password: str, origin: Origin) -> None:
    """Check the password of somebody who is signed in already; failures count in the owner's lane.

    Raises: SignInRefusedError, SignInPausedError, SignInClosedError.
    """
    reservation = limiter.reserve([limiter.ticket(limiter.DEVICE, user.pk)])
    if not _matching([user], password, 1):
        _record_failure(user.username, [user], origin, reservation)
        raise SignInRefusedError
    limiter.release(reservation, cleared=reservation.tickets)


def lift_sign_in_block(*, actor: User | None, user: User) -> None:
    """Open an account's sign-in again after its person was proven another way."""
    with transaction.atomic():
        limiter.forget(limiter.ticket(limit, user.pk) for limit in (limiter.ACCOUNT, limiter.DEVICE, limiter.CODE))
        record_audit_event(actor=actor, action="accounts.sign_in_block_lifted", obj=user)


def _accounts_named(name: str, *, is_staff: bool) -> list[User]:
    return list(User.objects.filter(username=name, is_active=True, is_staff=is_staff))


def _people_of(number: str) -> list[User]:
    """Return the people a company's number stands for, the farthest-reaching roles first."""
    held = Membership.objects.active().filter(taxpayer__number=number, user__is_staff=False).select_related("user")
    ordered = sorted(held, key=lambda each: (Role.values.index(each.role), each.user_id))
    return list({each.user_id: each.user for each in ordered}.values())[:MOST_CANDIDATES]


def _prove(name: str, candidates: Sequence[User], password: str, origin: Origin, *, hashes: int) -> User:
    owners = _owners_lane(candidates, origin)
    tried = owners or candidates
    try:
        reservation = limiter.reserve(_tickets(name, tried, origin, is_owner=bool(owners)))
    except (SignInPausedError, SignInClosedError):
        # The time must not tell either that the password was not even looked at.
        _matching([], password, hashes)
        raise
    fitting = _matching(tried, password, hashes)
    # Two people of one company with one password: neither is let in by the number.
    if len(fitting) != 1:
        _record_failure(name, tried, origin, reservation)
        if reservation.paused_until is not None and _is_wait(reservation):
            raise SignInPausedError(reservation.paused_until)
        raise SignInRefusedError
    user = fitting[0]
    limiter.release(reservation, cleared=_cleared_by(user, name, origin))
    return user


def _owners_lane(candidates: Sequence[User], origin: Origin) -> list[User]:
    owners = known_devices.known(origin.device_cookie, candidates)
    return [user for user in owners if not limiter.is_closed(limiter.ticket(limiter.DEVICE, user.pk))]


def _tickets(name: str, tried: Sequence[User], origin: Origin, *, is_owner: bool) -> list[limiter.Ticket]:
    if is_owner:
        return [limiter.ticket(limiter.DEVICE, user.pk) for user in tried]
    shared = [limiter.ticket(limiter.NAME_NETWORK, name, origin.network)]
    return [*shared, limiter.ticket(limiter.NETWORK, origin.network), *_account_tickets(tried, name)]


def _cleared_by(user: User, name: str, origin: Origin) -> list[limiter.Ticket]:
    """Return the counts of consecutive failures that a success of this account ends."""
    return [
        limiter.ticket(limiter.NAME_NETWORK, name, origin.network),
        limiter.ticket(limiter.ACCOUNT, user.pk),
        limiter.ticket(limiter.DEVICE, user.pk),
    ]


def _account_tickets(users: Sequence[User], name: str) -> list[limiter.Ticket]:
    # A name without an account is counted too, or the limit would tell which names exist.
    return [limiter.ticket(limiter.ACCOUNT, user.pk) for user in users] or [limiter.ticket(limiter.NAME, name)]


def _matching(users: Sequence[User], password: str, hashes: int) -> list[User]:
    """Return the users whose password fits, at the cost of exactly `hashes` hashes."""
    text = password[:LONGEST_PASSWORD]
    fitting = [user for user in users if _fits(user, text) and len(password) <= LONGEST_PASSWORD]
    for _spare in range(hashes - len(users)):
        check_password(text, _dummy_hash(get_hasher().algorithm))
    return fitting


def _fits(user: User, password: str) -> bool:
    if user.has_usable_password():
        return user.check_password(password)
    check_password(password, _dummy_hash(get_hasher().algorithm))
    return False


@lru_cache(maxsize=4)
def _dummy_hash(algorithm: str) -> str:
    return make_password("no account has this password", hasher=algorithm)


def _is_wait(reservation: limiter.Reservation) -> bool:
    return reservation.paused_until is not None and reservation.paused_until < limiter.CLOSED


def _record_failure(name: str, tried: Sequence[User], origin: Origin, reservation: limiter.Reservation) -> None:
    """Write down a refused try; the typed name is kept only when it is an account's."""
    subject = tried[0] if len(tried) == 1 else None
    with transaction.atomic():
        record_audit_event(
            actor=None,
            action="accounts.sign_in_refused",
            obj=subject,
            label=subject.username if subject else NOBODY,
            data={
                "network": origin.network,
                "candidates": len(tried),
                "is_paused": _is_wait(reservation),
                "is_number": identifiers.looks_like_taxpayer_number(name),
            },
        )
