"""The officers' page of how often companies file: applications, and those an officer begins."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts import services as account_services
from filing import policies, selectors, services
from filing.filer_forms import OfficerPeriodKindForm
from filing.models import PeriodKindChange
from filing.views.officer import officer_of
from taxhall.common import clock
from taxhall.common.errors import NotFoundError, TaxhallError
from taxhall.common.web import officer_required

SHOWN = 50
act = require_http_methods(["GET", "HEAD", "POST"])


@act
@officer_required
def filers(request: HttpRequest) -> HttpResponse:
    """List what waits and what was decided in the district; ask for a change for a company."""
    form = _form(request, bound=True) if request.method == "POST" else _form(request)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    data = dict(form.cleaned_data)
    number, code = data.pop("number").strip().upper(), data.pop("code", "")
    try:
        account_services.require_confirmed(request=request, code=code, act="filing.ask_period_kind")
        taxpayer = account_selectors.get_taxpayer(visible_to=officer_of(request), number=number)
        services.ask_period_kind_change(actor=officer_of(request), taxpayer=taxpayer, **data)
    except NotFoundError as error:
        form.add_error("number", str(error.message))
        return _page(request, form, status=422)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _page(request, form, status=error.status)
    messages.success(request, _("申报周期变更已提出，另一名税务人员处理后生效。"))
    return redirect("admin:filers")


@act
@officer_required
def period_kind_agree(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree to a change of the period, after a fresh proof."""
    return _decide(request, pk, services.agree_period_kind_change, _("已同意，企业已收到通知。"))


@act
@officer_required
def period_kind_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    """Refuse a change of the period."""
    return _decide(request, pk, services.refuse_period_kind_change, _("已记下不同意，企业已收到通知。"))


def _decide(request: HttpRequest, pk: int, service: Callable[..., PeriodKindChange], done: str) -> HttpResponse:
    change = selectors.get_period_kind_change(visible_to=officer_of(request), pk=pk)
    if request.method != "POST":
        return redirect("admin:filers")
    try:
        code = request.POST.get("code", "").strip()
        account_services.require_confirmed(request=request, code=code, act=f"filing.period_kind:{pk}")
        service(actor=officer_of(request), change=change)
    except TaxhallError as error:
        return _page(request, _form(request), status=error.status, refusal=error)
    messages.success(request, done)
    return redirect("admin:filers")


def _form(request: HttpRequest, *, bound: bool = False) -> OfficerPeriodKindForm:
    asks_code = not account_services.is_confirmed(request=request)
    data = request.POST if bound else None
    return OfficerPeriodKindForm(data, asks_code=asks_code, starts=selectors.possible_starts(clock.today()))


def _page(
    request: HttpRequest, form: OfficerPeriodKindForm, *, status: int = 200, refusal: TaxhallError | None = None
) -> HttpResponse:
    officer = officer_of(request)
    changes = list(selectors.list_period_kind_changes(visible_to=officer)[: SHOWN * 2])
    context = {
        "console_page": "filers",
        "form": form,
        "waiting": [
            {
                "change": each,
                "may_decide": policies.can_decide_period_kind(officer, each.taxpayer)
                and not account_policies.is_same_person(officer, each.asked_by),
            }
            for each in changes
            if each.is_asked
        ],
        "decided": [each for each in changes if not each.is_asked][:SHOWN],
        "spans": selectors.list_spans(visible_to=officer)[:SHOWN],
        "asks_code": not account_services.is_confirmed(request=request),
        "refusal": refusal,
    }
    return render(request, "console/filers.html", context, status=status)
