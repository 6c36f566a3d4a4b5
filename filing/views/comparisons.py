"""The comparison's table and its repetition."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from filing import presentation, selectors, services
from filing.http import TaxpayerRequest
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required


@require_safe
@taxpayer_required
def comparison_detail(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show what each rule measured and what to do about a difference."""
    run = selectors.get_comparison(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    latest = selectors.latest_comparison(taxpayer=run.taxpayer, period=run.period)
    context = {
        "run": run,
        "counting": presentation.COUNTING_RULES,
        "results": list(run.results.all()),
        "latest": latest if latest != run else None,
    }
    return render(request, "filing/comparison_detail.html", context)


@require_POST
@taxpayer_required
def comparison_create(request: TaxpayerRequest) -> HttpResponse:
    """Compare a month now."""
    try:
        month = TaxPeriod.parse(request.POST.get("month", ""))
    except ValueError as error:
        raise NotFoundError(_("没有这个月份。"), next_step=_("请从申报结果页发起比对。")) from error
    run = services.compare_period(actor=request.user, taxpayer=request.taxpayer, month=month)
    return redirect("filing:comparison-detail", run.pk)
