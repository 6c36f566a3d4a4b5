"""Work of accounts that needs nobody."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="accounts.purge_expired")
def purge_expired() -> None:
    """Remove expired API answers, sign-in counts, sessions and tokens."""
    from accounts import services

    services.purge_expired()
