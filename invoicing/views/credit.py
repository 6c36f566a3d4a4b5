"""The officers' pages for the credit of digital invoices: who has how much, and one company's changes."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import policies, selectors, services
from invoicing.credit_forms import CreditForm
from taxhall.common import clock
from taxhall.common.errors import TaxhallError
from taxhall.common.web import officer_required

PAGE_SIZE = 50
MOST_CHANGES = 100


def _officer(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
@officer_required
def credit_list(request: HttpRequest) -> HttpResponse:
    """List the taxpayers of the district, those with a credit first, with what this month used."""
    text = request.GET.get("q", "").strip()[:100]
    found = selectors.list_credits(visible_to=_officer(request), text=text)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = selectors.credit_rows(page.object_list, day=clock.today())
    context = {"console_page": "credits", "page_obj": page, "rows": rows, "text": text, "query": urlencode({"q": text})}
    return render(request, "console/credit_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def credit_detail(request: HttpRequest, number: str) -> HttpResponse:
    """Show one company's credit and its changes; change it with a reason."""
    officer = _officer(request)
    taxpayer = account_selectors.get_taxpayer(visible_to=officer, number=number)
    asks_code = not account_services.is_confirmed(request=request)
    form = CreditForm(request.POST if request.method == "POST" else None, asks_code=asks_code)
    if request.method != "POST" or not form.is_valid():
        return _show(request, taxpayer, form, status=422 if form.errors else 200)
    data = form.cleaned_data
    code = data.pop("code", "")
    try:
        account_services.require_confirmed(request=request, code=code, act=f"invoicing.credit:{taxpayer.pk}")
        services.change_credit(actor=officer, taxpayer=taxpayer, **data)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show(request, taxpayer, form, status=error.status)
    messages.success(request, _("总额度已调整，企业立即可以按新额度开具。"))
    return redirect("admin:credit-detail", taxpayer.number)


def _show(request: HttpRequest, taxpayer: Taxpayer, form: CreditForm, *, status: int) -> HttpResponse:
    officer = _officer(request)
    context = {
        "console_page": "credits",
        "company": taxpayer,
        "month": selectors.credit_month(taxpayer=taxpayer, day=clock.today()),
        "changes": selectors.list_credit_changes(visible_to=officer, taxpayer=taxpayer)[:MOST_CHANGES],
        "form": form,
        "may_change": policies.can_change_credit(officer, taxpayer),
    }
    return render(request, "console/credit_detail.html", context, status=status)
