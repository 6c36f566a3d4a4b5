"""What the views of every application share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from taxhall.common.errors import TaxhallError

View = Callable[..., HttpResponse]


def taxpayer_required(view: View) -> View:
    """Let only a signed-in person with a company in sight enter."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if getattr(request, "taxpayer", None) is None:
            return redirect("accounts:identity")
        return view(request, *args, **kwargs)

    return guarded


def officer_required(view: View) -> View:
    """Let only an officer with a verified second factor enter; others learn nothing."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        verified = getattr(request.user, "is_verified", lambda: False)
        if getattr(request, "officer_post", None) is None or not verified():
            return redirect_to_login(request.get_full_path(), login_url="admin:login")
        return view(request, *args, **kwargs)

    return guarded


def render_error(request: HttpRequest, error: TaxhallError) -> HttpResponse:
    """Render a domain error as a page of the hall with its own status."""
    template = "404.html" if error.status == 404 else "errors/domain_error.html"
    return render(request, template, {"error": error}, status=error.status)
