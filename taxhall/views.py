"""Pages that show several applications together."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from taxhall.common.web import taxpayer_required
from taxhall.context import LARGE_TEXT_COOKIE

_YEAR = 365 * 24 * 60 * 60


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the public front page."""
    return render(request, "pages/home.html")


@require_safe
@taxpayer_required
def desk(request: HttpRequest) -> HttpResponse:
    """Show what the company in sight has to do."""
    return render(request, "pages/desk.html")


@require_safe
def help_home(request: HttpRequest) -> HttpResponse:
    """Show the help topics."""
    return render(request, "pages/help.html")


@require_safe
def help_topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one help topic."""
    return render(request, "pages/help.html", {"slug": slug})


@require_POST
def text_size(request: HttpRequest) -> HttpResponse:
    """Remember large or normal text in a cookie and go back."""
    response = redirect(_safe_next(request))
    size = "large" if request.POST.get("size") == "large" else "normal"
    response.set_cookie(LARGE_TEXT_COOKIE, size, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    return response


def _safe_next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if allowed else settings.LOGIN_REDIRECT_URL
