"""Emergencies: opened with a reason, told to the heads, listed with what was done, looked at afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import policies, selectors, services
from accounts.forms import EmergencyForm
from accounts.models import EmergencyAccess
from accounts.views.staff import officer_of
from taxhall.common.errors import TaxhallError
from taxhall.common.web import officer_required

PAGE_SIZE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def emergencies(request: HttpRequest) -> HttpResponse:
    """List emergencies, and open one."""
    form = EmergencyForm(request.POST or None, asks_code=not services.is_confirmed(request=request))
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    known = {name: form.cleaned_data[name] for name in ("number", "reason", "minutes")}
    try:
        code = form.cleaned_data.get("code", "")
        services.require_confirmed(request=request, code=code, act="accounts.open_emergency")
        access = services.open_emergency(actor=officer_of(request), **known)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _page(request, form, status=error.status)
    facts = {"company": access.taxpayer, "until": f"{timezone.localtime(access.lasts_until):%H:%M}"}
    messages.warning(request, _("紧急处置已开始，到 %(until)s 为止，只限 %(company)s；负责人已收到通知。") % facts)
    return redirect("admin:emergencies")


@require_POST
@officer_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End an emergency before its time."""
    access = selectors.get_emergency(visible_to=officer_of(request), pk=pk)
    services.end_emergency(actor=officer_of(request), access=access)
    messages.success(request, _("紧急处置已结束。"))
    return redirect("admin:emergencies")


@require_POST
@officer_required
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what a head thinks of an emergency."""
    access = selectors.get_emergency(visible_to=officer_of(request), pk=pk)
    opinion = request.POST.get("opinion", "")
    try:
        services.review_emergency(actor=officer_of(request), access=access, opinion=opinion)
    except TaxhallError as error:
        form = EmergencyForm(asks_code=not services.is_confirmed(request=request))
        return _page(request, form, status=error.status, refused={"pk": pk, "error": error, "opinion": opinion})
    messages.success(request, _("复核意见已保存。"))
    return redirect("admin:emergencies")


def _page(
    request: HttpRequest, form: EmergencyForm, *, status: int = 200, refused: dict[str, Any] | None = None
) -> HttpResponse:
    found = selectors.list_emergencies(visible_to=officer_of(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "console_page": "emergencies",
        "form": form,
        "page_obj": page,
        "rows": [_row(request, access, refused) for access in page.object_list],
        "shortest": services.SHORTEST_REASON,
    }
    return render(request, "console/emergencies.html", context, status=status)


def _row(request: HttpRequest, access: EmergencyAccess, refused: dict[str, Any] | None) -> dict[str, Any]:
    officer, lasts = officer_of(request), access.is_in_force(timezone.now())
    oversees = policies.oversees(officer, access.taxpayer.bureau)
    is_own = policies.is_same_person(officer, access.officer)
    return {
        "access": access,
        "lasts": lasts,
        "is_own": is_own,
        "may_end": lasts and (access.officer_id == officer.pk or oversees),
        "may_review": not lasts and access.reviewed_at is None and oversees and not is_own,
        "acts": selectors.acts_under(access),
        "refused": refused if refused and refused["pk"] == access.pk else None,
    }
