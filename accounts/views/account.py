"""The person's own account: what is registered, and changing the mobile number in two steps."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import http, policies, selectors, services
from accounts.choices import MOVING_PHONE_CODES, PhoneCodeState
from accounts.forms import PhoneCodeForm, PhoneForm
from accounts.models import PhoneCode
from accounts.models.people import mask_phone
from taxhall.common.errors import TaxhallError
from taxhall.common.policies import require

# Which wish this session asked for: its code is taken in no other.
_ASKED = "phone_code"


@never_cache
@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: http.HallRequest) -> HttpResponse:
    """Show the account, and have a code sent to a new number."""
    require(policies.can_change_own_phone(request.user), _("税务人员的账户不在这里登记手机号码。"))
    form, error = PhoneForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        try:
            asked = services.ask_phone_code(actor=request.user, origin=http.origin_of(request), **form.cleaned_data)
        except TaxhallError as refused:
            form.add_domain_error(refused)
            error = refused
        else:
            request.session[_ASKED] = asked.pk
            return redirect("accounts:phone-confirm")
    context = {"form": form, "phone": request.user.masked_phone, "has_gateway": selectors.find_sms_gateway()}
    return _page(request, "accounts/account.html", context, form, error)


@never_cache
@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def phone_confirm(request: http.HallRequest) -> HttpResponse:
    """Tell how the message stands, and register the number when its code comes back."""
    asked = _asked(request)
    if asked is None:
        messages.info(request, _("没有等待核对的手机号码，请先填写新号码。"))
        return redirect("accounts:account")
    form, error = PhoneCodeForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        try:
            user = services.change_phone(actor=request.user, code_id=asked.pk, code=form.cleaned_data["code"])
        except TaxhallError as refused:
            form.add_domain_error(refused)
            error = refused
        else:
            messages.success(request, _("手机号码已登记为 %(phone)s。") % {"phone": user.masked_phone})
            return redirect("accounts:account")
    elif asked.state == PhoneCodeState.USED:
        return redirect("accounts:account")
    # A wrong code has cost a try.
    context = _standing(_asked(request) or asked) | {"form": form}
    return _page(request, "accounts/phone_confirm.html", context, form, error)


@never_cache
@login_required
@require_safe
def phone_status(request: http.HallRequest) -> HttpResponse:
    """Answer the page's poll; once the message went out, or did not, the page is shown anew."""
    asked = _asked(request)
    if asked is None or not request.htmx:
        return redirect("accounts:phone-confirm")
    if asked.state_at(timezone.now()) not in MOVING_PHONE_CODES:
        return HttpResponseClientRefresh()
    return render(request, "accounts/_phone_status.html", _standing(asked))


def _asked(request: http.HallRequest) -> PhoneCode | None:
    return selectors.find_phone_code(user=request.user, pk=request.session.get(_ASKED, 0))


def _standing(asked: PhoneCode) -> dict[str, object]:
    now = timezone.now()
    state = asked.state_at(now)
    return {
        "asked": asked,
        "state": state,
        "phone": mask_phone(asked.phone),
        "is_moving": state in MOVING_PHONE_CODES,
        "is_open": asked.is_open_at(now),
        "telephone": selectors.demo_telephone(asked),
    }


def _page(
    request: http.HallRequest,
    template: str,
    context: dict[str, object],
    form: PhoneForm | PhoneCodeForm,
    error: TaxhallError | None,
) -> HttpResponse:
    status = error.status if error else 422 if form.errors else 200
    response = render(request, template, context, status=status)
    if wait := getattr(error, "retry_after", 0):
        response["Retry-After"] = str(wait)
    return response
