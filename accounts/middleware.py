"""Ends sessions at their limits and puts the company in sight on the request."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts import http, parked, selectors
from accounts.models import User
from accounts.services import sessions

Handler = Callable[[HttpRequest], HttpResponse]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Asking how long the session lasts must not make it last longer.
STATUS_ROUTE = "accounts:session-status"
# What a page asks by itself says so (hx-headers): nobody need be there any more.
BY_ITSELF = "Hall-By-Itself"
# A form that is sent while it is still being written: it is kept when the session has ended meanwhile.
KEEP_FORM = "Hall-Keep-Form"


class SessionLimitsMiddleware:
    """End a session after its idle or absolute limit; tell what happened and keep what was entered."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        ends_at, reason = sessions.end_of_session(request.session, is_staff=request.user.is_staff)
        if timezone.now() >= ends_at:
            return self._end(request, reason)
        if not self._is_by_itself(request):
            sessions.note_seen(request.session)
        return self.get_response(request)

    def _is_by_itself(self, request: HttpRequest) -> bool:
        is_status = request.method == "GET" and request.path == reverse(STATUS_ROUTE)
        return is_status or BY_ITSELF in request.headers

    def _end(self, request: HttpRequest, reason: str) -> HttpResponse:
        user = _account(request.user)
        was_staff, owner = user.is_staff, user.pk
        sessions.end_session(request=request, reason=reason)
        if request.path.startswith("/api/"):
            return self.get_response(request)
        login = reverse("admin:login" if was_staff else "accounts:login")
        if request.headers.get("HX-Request"):
            if request.path == urlsplit(http.page_of_form(request)).path:
                # The form of that page itself, sent early (a picked file, a saved draft).
                parked.park(request, owner=owner)
            if KEEP_FORM in request.headers:
                parked.park(request, owner=owner)
            # A whole page, not a sign-in form inside a table.
            response = HttpResponse(status=204)
            response["HX-Redirect"] = f"{login}?{urlencode({'next': http.page_of_form(request), 'ended': reason})}"
            return response
        if request.method in SAFE_METHODS:
            return HttpResponseRedirect(f"{login}?{urlencode({'next': request.get_full_path(), 'ended': reason})}")
        is_kept = parked.park(request, owner=owner)
        query = urlencode({"next": http.page_of_form(request)})
        context = {"is_kept": is_kept, "reason": reason, "login_url": f"{login}?{query}"}
        context["has_files"] = bool(request.FILES)
        return render(request, "accounts/session_expired.html", context, status=401)


class ActiveTaxpayerMiddleware:
    """Set request.taxpayer, .membership, .officer_post and .officer_posts, read anew for every request.

    So a role that was withdrawn, or an account that was disabled, ends with the next request.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership, posts, user = None, [], request.user
        if user.is_authenticated and not user.is_staff:
            membership = sessions.find_chosen(request.session, selectors.list_memberships(user=_account(user)))
        elif user.is_authenticated and user.is_verified():  # type: ignore[attr-defined]  # set by OTPMiddleware
            posts = selectors.list_posts(user=_account(user))
        request.membership = membership  # type: ignore[attr-defined]
        request.taxpayer = membership.taxpayer if membership else None  # type: ignore[attr-defined]
        request.officer_post = posts[0] if posts else None  # type: ignore[attr-defined]
        request.officer_posts = posts  # type: ignore[attr-defined]
        return self.get_response(request)


def _account(user: object) -> User:
    assert isinstance(user, User)  # noqa: S101  (the only kind of account that signs in)
    return user
