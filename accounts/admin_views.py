"""Officers' way in: password and one-time code, and binding the authenticator."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice
from segno import make_qr

from accounts import http, parked, services
from accounts.errors import SIGN_IN_REFUSALS, CodeRefusedError, EnrolmentNotPossibleError
from accounts.forms import CodeForm, OfficerSignInForm
from accounts.models import User
from accounts.services import officers

ENROLLING = "enrolling_officer"
ENROLMENT_SECONDS = 15 * 60
CODE_REFUSALS = (*SIGN_IN_REFUSALS, CodeRefusedError, EnrolmentNotPossibleError)


@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign an officer in by password and code together, so that neither is told to be right alone."""
    target = http.safe_next(request, request.POST.get("next") or request.GET.get("next"))
    form = OfficerSignInForm(request.POST or None)
    if request.method != "POST":
        return _page(request, form, target)
    if not form.is_valid():
        return _page(request, form, target, status=422)
    try:
        user = services.check_officer_password(
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            origin=http.origin_of(request),
        )
        if not services.has_authenticator(user=user):
            return _begin_enrolment(request, user)
        device = services.check_code(user=user, code=form.cleaned_data["code"])
    except CODE_REFUSALS as error:
        form.add_domain_error(error)
        return http.refused(_page(request, form, target, status=error.status), error)
    _open(request, user, device)
    after = "accounts:parked-form" if parked.find(request) else target or "admin:index"
    return http.remember_device(request, redirect(after), user)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Bind an authenticator by its first code; only right after the password step."""
    user = _enrolling(request)
    if user is None:
        return redirect("admin:login")
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            device = services.confirm_enrolment(user=user, code=form.cleaned_data["code"])
        except CODE_REFUSALS as error:
            form.add_domain_error(error)
            status = error.status
        else:
            services.open_session(request=request, user=user, device=device)
            return http.remember_device(request, redirect("admin:index"), user)
    return _enrolment_page(request, user, form, status=422 if form.errors and status == 200 else status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the officer's session."""
    services.end_session(request=request, reason="asked")
    return redirect("admin:login")


def _open(request: HttpRequest, user: User, device: TOTPDevice) -> None:
    """Open the session; a form that an ended session left behind goes along for its owner."""
    kept = request.session.get(parked.SESSION_KEY)
    services.open_session(request=request, user=user, device=device)
    if kept:
        request.session[parked.SESSION_KEY] = kept


def _begin_enrolment(request: HttpRequest, user: User) -> HttpResponse:
    services.begin_enrolment(user=user)
    request.session.cycle_key()
    request.session[ENROLLING] = user.pk
    request.session.set_expiry(ENROLMENT_SECONDS)
    return redirect("admin:otp-enrol")


def _enrolling(request: HttpRequest) -> User | None:
    """Return the officer whose password was proved in this session and who has no authenticator yet."""
    user = User.objects.filter(pk=request.session.get(ENROLLING, 0), is_active=True, is_staff=True).first()
    return user if user and services.find_enrolment(user=user) else None


def _enrolment_page(request: HttpRequest, user: User, form: CodeForm, *, status: int) -> HttpResponse:
    device = services.find_enrolment(user=user)
    if device is None:
        return redirect("admin:login")
    picture = make_qr(device.config_url).svg_inline(scale=5, svgclass="qr", lineclass=None, omitsize=False)
    context = {
        "form": form,
        "officer": user,
        "secret": officers.readable_secret(device),
        # Made here from our own address; nothing a user typed is in it.
        "qr": mark_safe(picture),  # noqa: S308
    }
    return render(request, "admin/enrol.html", context, status=status)


def _page(request: HttpRequest, form: OfficerSignInForm, target: str, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": target, "ended": request.GET.get("ended", ""), "is_demo": settings.HALL_DEMO}
    return render(request, "admin/login.html", context, status=status)
