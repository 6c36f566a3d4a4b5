"""Keeping what was entered when a session ends under a form.

The fields wait in the browser's new, anonymous session and are shown again only to the account that
entered them, after it has signed in; they are sent only when that person says so. Files cannot be
kept, and a form with files says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest

from accounts import http

SESSION_KEY = "parked_form"
KEPT_FOR = timedelta(hours=2)
LARGEST = 64 * 1024
_NEVER_KEPT = ("csrfmiddlewaretoken",)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_SECRET_MARKS = ("password", "pin", "code", "token", "secret")


@dataclass(frozen=True)
class ParkedForm:
    """One form that waits: where it goes, the page it came from, its fields in order."""

    action: str
    page: str
    fields: tuple[tuple[str, str], ...]


def park(request: HttpRequest, *, owner: int) -> bool:
    """Keep the fields of a form for their owner, files left out; tell whether they could be kept."""
    if request.method != "POST" or request.content_type not in _FORMS:
        return False
    fields = fields_of(request)
    if fields is None:
        return False
    request.session[SESSION_KEY] = {
        "owner": owner,
        "action": request.get_full_path(),
        "page": http.page_of_form(request),
        "fields": fields,
        "at": datetime.now(tz=UTC).timestamp(),
    }
    return True


def fields_of(request: HttpRequest) -> list[tuple[str, str]] | None:
    """Return the fields of a form, or None if some of them must not or cannot be kept."""
    names = [name for name in request.POST if name not in _NEVER_KEPT]
    if any(mark in name.lower() for name in names for mark in _SECRET_MARKS):
        return None
    fields = [(name, value) for name in names for value in request.POST.getlist(name)]
    size = sum(len(name) + len(value) for name, value in fields)
    return fields if size <= LARGEST else None


def find(request: HttpRequest) -> ParkedForm | None:
    """Return the form that waits for the signed-in account, if it is still fresh."""
    kept = request.session.get(SESSION_KEY)
    if not kept or kept["owner"] != request.user.pk:
        return None
    if datetime.now(tz=UTC).timestamp() - kept["at"] > KEPT_FOR.total_seconds():
        return None
    return ParkedForm(kept["action"], kept["page"], tuple((name, value) for name, value in kept["fields"]))


def discard(request: HttpRequest) -> None:
    """Forget the form."""
    request.session.pop(SESSION_KEY, None)
