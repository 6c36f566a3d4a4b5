"""The officers' pages for the whitelist and for measures about rules: lists, asking, deciding, lifting."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.models import User
from filing import policies, selectors, services
from filing.choices import MeasureState
from filing.measure_forms import DecideForm, RuleMeasureForm, WhitelistForm
from filing.measure_words import measure_view
from filing.models import RuleMeasure, WhitelistEntry
from taxhall.common.errors import TaxhallError
from taxhall.common.web import officer_required

PAGE_SIZE = 50
Measure = WhitelistEntry | RuleMeasure
_page = require_http_methods(["GET", "HEAD", "POST"])


def _officer(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
@officer_required
def whitelist(request: HttpRequest) -> HttpResponse:
    """List the whitelist of the district, what waits for a second officer first."""
    text = request.GET.get("q", "").strip()[:100].replace("\0", "")
    found = selectors.list_whitelist(visible_to=_officer(request), text=text)
    context = {"is_whitelist": True, "text": text, "query": urlencode({"q": text})}
    context["may_ask"] = policies.holds_exception_post(_officer(request))
    return _list(request, found, context)


@require_safe
@officer_required
def rule_measures(request: HttpRequest) -> HttpResponse:
    """List what was put off or widened for everybody, and when."""
    context = {"is_whitelist": False, "query": "", "may_ask": policies.can_keep_rules(_officer(request))}
    return _list(request, selectors.list_rule_measures(), context)


def _list(request: HttpRequest, found: Any, context: dict[str, Any]) -> HttpResponse:
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [measure_view(row) for row in page.object_list]
    return render(
        request, "console/measure_list.html", {"console_page": "whitelist", "page_obj": page, "rows": rows, **context}
    )


@_page
@officer_required
def whitelist_ask(request: HttpRequest) -> HttpResponse:
    """Register an entry for a company of the district; another officer puts it in force."""
    form = WhitelistForm(request.POST or None, initial={"number": request.GET.get("number", "")})
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            taxpayer = account_selectors.get_taxpayer(visible_to=_officer(request), number=data.pop("number").strip())
            row = services.ask_whitelist_entry(actor=_officer(request), taxpayer=taxpayer, **data)
        except TaxhallError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已登记，等待另一名税务人员确认后生效。"))
            return redirect("admin:whitelist-detail", row.pk)
    return _ask(request, form, is_whitelist=True)


@_page
@officer_required
def rule_measure_ask(request: HttpRequest) -> HttpResponse:
    """Register a measure about a rule; another officer puts it in force."""
    form = RuleMeasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.ask_rule_measure(actor=_officer(request), **form.cleaned_data)
        except TaxhallError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已登记，等待另一名税务人员确认后生效。"))
            return redirect("admin:rule-measure-detail", row.pk)
    return _ask(request, form, is_whitelist=False)


def _ask(request: HttpRequest, form: Any, *, is_whitelist: bool) -> HttpResponse:
    # Said before anything is filled in; whether the post reaches the company is known with its number.
    may_ask = policies.holds_exception_post if is_whitelist else policies.can_keep_rules
    context = {"console_page": "whitelist", "form": form, "is_whitelist": is_whitelist}
    context["may_ask"] = may_ask(_officer(request))
    return render(request, "console/measure_form.html", context, status=422 if form.errors else 200)


@_page
@officer_required
def whitelist_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one entry with its history; decide on it or lift it."""
    return _detail(request, selectors.get_whitelist_entry(visible_to=_officer(request), pk=pk))


@_page
@officer_required
def rule_measure_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one measure with its history; decide on it or lift it."""
    return _detail(request, selectors.get_rule_measure(pk=pk))


def _detail(request: HttpRequest, row: Measure) -> HttpResponse:
    asks_code = not account_services.is_confirmed(request=request)
    is_lifting = row.state != MeasureState.ASKED
    data = request.POST if request.method == "POST" else None
    form = DecideForm(data, asks_code=asks_code, is_lifting=is_lifting)
    if data is None or not form.is_valid():
        return _show(request, row, form, status=422 if form.errors else 200)
    words, code = form.cleaned_data["words"], form.cleaned_data.get("code", "")
    try:
        account_services.require_confirmed(request=request, code=code, act=f"filing.measure:{row._meta.label}:{row.pk}")
        _act(request, row, words, is_lifting=is_lifting)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show(request, row, form, status=error.status)
    return redirect(request.path)


def _act(request: HttpRequest, row: Measure, words: str, *, is_lifting: bool) -> None:
    if is_lifting:
        services.lift_measure(actor=_officer(request), measure=row, reason=words)
        messages.success(request, _("已解除，从现在起重新按规则比对。"))
        return
    is_agreed = request.POST.get("decision") == "agree"
    services.decide_measure(actor=_officer(request), measure=row, is_agreed=is_agreed, decision=words)
    messages.success(request, _("已确认，在有效期内生效。") if is_agreed else _("已记为不同意，没有生效。"))


def _show(request: HttpRequest, row: Measure, form: DecideForm, *, status: int) -> HttpResponse:
    officer = _officer(request)
    is_waiting, is_agreed = row.state == MeasureState.ASKED, row.state == MeasureState.AGREED
    context = {
        "console_page": "whitelist",
        "is_whitelist": isinstance(row, WhitelistEntry),
        "row": row,
        "view": measure_view(row),
        "form": form,
        "may_decide": is_waiting and policies.can_decide_measure(officer, row),
        "may_lift": is_agreed and policies.can_keep_measure(officer, row),
        "is_own": is_waiting and row.asked_by_id == officer.pk,
        "uses": row.results.select_related("run__taxpayer").order_by("-pk")[:20],
    }
    return render(request, "console/measure_detail.html", context, status=status)
