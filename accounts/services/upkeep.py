"""Removing what has had its time."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.utils import timezone
from knox.models import AuthToken

from accounts.services.idempotency import purge_expired_requests
from accounts.services.limiter import purge_stale
from accounts.services.phones import purge_phone_codes
from accounts.services.texts import purge_texts


def purge_expired() -> dict[str, int]:
    """Remove expired API answers, quiet sign-in counts, sessions, tokens, old messages and codes; return how many."""
    now = timezone.now()
    return {
        "requests": purge_expired_requests(now=now),
        "throttles": purge_stale(now=now),
        "sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
        "tokens": AuthToken.objects.filter(expiry__lt=now).delete()[0],
        "texts": purge_texts(now=now),
        "phone_codes": purge_phone_codes(now=now),
    }
