"""Declared inactivity: declared, ended early, and its zero returns filed by one click."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from filing import policies, selectors, services
from filing.choices import SpanState
from filing.errors import ReturnChangedError
from filing.filer_forms import InactivityForm
from filing.http import TaxpayerRequest
from taxhall.common import clock
from taxhall.common.errors import TaxhallError
from taxhall.common.web import taxpayer_required


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def rest(request: TaxpayerRequest) -> HttpResponse:
    """Show the declared inactivity, and declare one."""
    form = InactivityForm(request.POST or None)
    if request.method != "POST":
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        services.declare_inactivity(actor=request.user, taxpayer=request.taxpayer, **form.cleaned_data)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show(request, form, status=error.status)
    messages.success(request, _("停业已声明。停业期间仍须按期申报，备好零申报表时会发消息通知您。"))
    return redirect("filing:rest")


@require_POST
@taxpayer_required
def rest_end(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """End the declared inactivity before its day."""
    span = selectors.get_span(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    services.end_inactivity(actor=request.user, span=span)
    messages.success(request, _("停业声明已结束，请照常申报。"))
    return redirect("filing:rest")


@require_POST
@taxpayer_required
def zero_file(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """File a prepared zero return exactly as it was shown."""
    tax_return = selectors.get_return(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    key, digest = request.POST.get("key", ""), request.POST.get("digest", "")
    try:
        services.file_zero_return(actor=request.user, tax_return=tax_return, key=key, digest=digest)
    except ReturnChangedError as error:
        messages.warning(request, f"{error.message}{error.next_step}")
        return redirect("filing:return-check", pk)
    return redirect("filing:return-detail", pk)


def _show(request: TaxpayerRequest, form: InactivityForm, *, status: int = 200) -> HttpResponse:
    taxpayer, today = request.taxpayer, clock.today()
    spans = list(selectors.list_spans(visible_to=request.user, taxpayer=taxpayer))
    context = {
        "form": form,
        "rest": selectors.find_rest(taxpayer=taxpayer, today=today),
        "ready": selectors.ready_returns(taxpayer=taxpayer, today=today),
        "standing": next((each for each in spans if each.state == SpanState.DECLARED), None),
        "past": [each for each in spans if each.state != SpanState.DECLARED],
        "can_file": policies.can_start_return(request.user, taxpayer),
    }
    return render(request, "filing/rest.html", context, status=status)
