"""What a person sees when a session or a form has had its time."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_http_methods, require_safe

from accounts import http, parked
from accounts.services import sessions


@never_cache
@require_safe
def session_status(request: HttpRequest) -> JsonResponse:
    """Tell the page's script how many seconds are left; asking does not make it last longer."""
    if not request.user.is_authenticated:
        return JsonResponse({"seconds": 0}, status=401)
    ends_at, reason = sessions.end_of_session(request.session, is_staff=request.user.is_staff)
    seconds = max(0, int((ends_at - timezone.now()).total_seconds()))
    return JsonResponse({"seconds": seconds, "reason": reason})


@never_cache
@require_safe
def session_expired(request: HttpRequest) -> HttpResponse:
    """Say that the session has ended, and what became of what was entered."""
    context = {"is_kept": parked.SESSION_KEY in request.session, "login_url": "", "reason": "idle"}
    return render(request, "accounts/session_expired.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def parked_form(request: http.HallRequest) -> HttpResponse:
    """Show what was entered before the session ended; it is sent only when its owner says so."""
    form = parked.find(request)
    if form is None or request.method == "POST":
        parked.discard(request)
        return redirect(form.page if form else "desk")
    return render(request, "accounts/parked_form.html", {"parked": form})


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  (Django's signature)
    """Show the form again instead of losing it, where the browser itself says that the form was ours.

    The old token is of no use (signed out in another tab, cookie gone); the person sends it again
    with a fresh one, so nothing is done that was not asked for.
    """
    fields = parked.fields_of(request) if http.is_same_origin(request) else None
    context = {"action": request.get_full_path(), "fields": fields, "page": http.page_of_form(request)}
    return render(request, "403_csrf.html", context, status=403)
