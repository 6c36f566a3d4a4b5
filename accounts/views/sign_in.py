"""Signing in by password, and out."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import http, parked, selectors, services
from accounts.errors import SIGN_IN_REFUSALS
from accounts.forms import SignInForm
from accounts.models import User
from taxhall.common.errors import TaxhallError


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign a taxpayer in by password; one answer for a wrong password and for an unknown name."""
    target = http.safe_next(request, request.POST.get("next") or request.GET.get("next"))
    if request.method != "POST":
        if request.user.is_authenticated and not request.user.is_staff:
            return redirect(target or settings.LOGIN_REDIRECT_URL)
        return _page(request, SignInForm(), target)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, target, status=422)
    try:
        user = services.sign_in_taxpayer(
            identifier=form.cleaned_data["identifier"],
            password=form.cleaned_data["password"],
            origin=http.origin_of(request),
        )
    except SIGN_IN_REFUSALS as error:
        return http.refused(_page(request, _with_error(form, error), target, status=error.status), error)
    kept = request.session.get(parked.SESSION_KEY)
    services.open_session(request=request, user=user)
    if kept:
        request.session[parked.SESSION_KEY] = kept
    return http.remember_device(request, redirect(_after(request, user, target)), user)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session and say so."""
    services.end_session(request=request, reason="asked")
    messages.success(request, _("您已安全退出。"))
    return redirect("accounts:login")


def _with_error(form: SignInForm, error: TaxhallError) -> SignInForm:
    form.add_domain_error(error)
    return form


def _after(request: HttpRequest, user: User, target: str) -> str:
    """Return where a fresh session goes: what was entered before, else the company, else the page asked for."""
    if parked.find(request):
        return "accounts:parked-form"
    companies = {each.taxpayer_id for each in selectors.list_memberships(user=user)}
    if len(companies) == 1:
        return target or settings.LOGIN_REDIRECT_URL
    request.session["next"] = target
    return "accounts:identity"


def _page(request: HttpRequest, form: SignInForm, target: str, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": target, "ended": request.GET.get("ended", "")}
    return render(request, "accounts/login.html", context, status=status)
