"""Guessing secrets that are not passwords: counted per purpose and network, in the limiter of sign-in."""

from __future__ import annotations

from datetime import timedelta

from accounts.choices import ThrottleScope
from accounts.errors import GuessingPausedError, SignInPausedError
from accounts.services import limiter

_GUESSES = limiter.Limit(ThrottleScope.NETWORK, (*(0,) * 9, 60, 120, 240, 480, 900), forget_after=timedelta(minutes=15))


def count_guess(*, purpose: str, network: str) -> limiter.Reservation:
    """Count one try of a secret before it is looked at. Raises: GuessingPausedError."""
    try:
        return limiter.reserve([limiter.ticket(_GUESSES, purpose, network)])
    except SignInPausedError as error:
        raise GuessingPausedError(error.until) from error


def forgive_guess(reservation: limiter.Reservation) -> None:
    """Take a try back that was right; the network starts anew."""
    limiter.release(reservation, cleared=reservation.tickets)
