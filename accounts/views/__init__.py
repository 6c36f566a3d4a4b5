"""Pages of accounts: signing in and out, the own account, choosing the company, messages, the end of a session."""

from __future__ import annotations

from accounts.views.account import account, phone_confirm, phone_status
from accounts.views.identity import identity
from accounts.views.inbox import inbox, notice_open, notices_read
from accounts.views.session import csrf_failure, parked_form, session_expired, session_status
from accounts.views.sign_in import login, logout

__all__ = [
    "account",
    "csrf_failure",
    "identity",
    "inbox",
    "login",
    "logout",
    "notice_open",
    "notices_read",
    "parked_form",
    "phone_confirm",
    "phone_status",
    "session_expired",
    "session_status",
]
