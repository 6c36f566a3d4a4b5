"""How often the company files: seen, and applied for."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.choices import PeriodKind, TaxpayerKind
from filing import policies, selectors, services
from filing.filer_forms import PeriodKindForm
from filing.http import TaxpayerRequest
from taxhall.common import clock
from taxhall.common.errors import TaxhallError
from taxhall.common.web import taxpayer_required


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def period_kind(request: TaxpayerRequest) -> HttpResponse:
    """Show how often the company files, and apply to change it from a quarter on."""
    form = PeriodKindForm(request.POST or None, starts=selectors.possible_starts(clock.today()))
    if request.method != "POST":
        return _show(request, form)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        services.ask_period_kind_change(actor=request.user, taxpayer=request.taxpayer, **form.cleaned_data)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show(request, form, status=error.status)
    messages.success(request, _("申请已提交，主管税务机关处理后会发消息通知您。"))
    return redirect("filing:period-kind")


def _show(request: TaxpayerRequest, form: PeriodKindForm, *, status: int = 200) -> HttpResponse:
    taxpayer = request.taxpayer
    changes = selectors.list_period_kind_changes(visible_to=request.user, taxpayer=taxpayer)
    kind = selectors.period_kinds(taxpayer).on(clock.today())
    context = {
        "form": form,
        "kind": PeriodKind(kind).label,
        "changes": changes,
        "is_waiting": any(each.is_asked for each in changes),
        "can_ask": policies.can_start_return(request.user, taxpayer),
        "is_small_scale": taxpayer.kind == TaxpayerKind.SMALL_SCALE,
        "coming": selectors.coming_returns(taxpayer=taxpayer, today=clock.today()),
    }
    return render(request, "filing/period_kind.html", context, status=status)
