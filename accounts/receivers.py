"""What follows every sign-in, whichever path it took."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.services import sessions


@receiver(user_logged_in, dispatch_uid="accounts.start_session_clock")
def start_session_clock(request: HttpRequest, **_unused: Any) -> None:
    """Start the idle and absolute limits of the new session."""
    sessions.start_clock(request.session)
