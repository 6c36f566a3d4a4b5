"""What the views of every application share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from taxhall.common.errors import TaxhallError

# Whether the single keys of the console are on in this browser.
CONSOLE_KEYS_COOKIE = "hall_console_keys"
# Of the largest number that any of our columns holds, less one, so that every number that is read can be looked up.
MOST_DIGITS = 18
View = Callable[..., HttpResponseBase]
_HEADINGS = {
    403: _("没有办理权限"),
    413: _("文件太大"),
    422: _("填写的内容需要修改"),
    429: _("操作太频繁"),
    503: _("暂时不能办理"),
}


def whole_number(text: str, *, otherwise: int = 0) -> int:
    """Return the whole number that an address or a form carries; for anything else, `otherwise`."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else otherwise


def taxpayer_required(view: View) -> View:
    """Let only a signed-in person with a company in sight enter."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if getattr(request, "taxpayer", None) is None:
            return redirect("accounts:identity")
        return view(request, *args, **kwargs)

    return guarded


def officer_required(view: View) -> View:
    """Let only an officer with a verified second factor enter; others learn nothing."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        verified = getattr(request.user, "is_verified", lambda: False)
        if not (verified() and getattr(request.user, "is_staff", False)):
            return redirect_to_login(request.get_full_path(), login_url="admin:login")
        if getattr(request, "officer_post", None) is None:
            # Signing in again would change nothing: say what is missing instead.
            return render(request, "console/no_post.html", status=403)
        return view(request, *args, **kwargs)

    return guarded


def render_error(request: HttpRequest, error: TaxhallError) -> HttpResponse:
    """Render a domain error as a page of the hall with its own status."""
    template = "404.html" if error.status == 404 else "errors/domain_error.html"
    heading = _HEADINGS.get(error.status, _("这一步没有办成"))
    return render(request, template, {"error": error, "error_heading": heading}, status=error.status)
