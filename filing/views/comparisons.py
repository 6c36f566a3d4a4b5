"""The comparison's table and its repetition."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from filing import policies, presentation, selectors, services
from filing.errors import ExceptionNotPossibleError
from filing.forms import HandOverForm
from filing.http import TaxpayerRequest
from filing.models import ComparisonRun
from filing.services.exceptions import hand_over_obstacle
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required


@require_safe
@taxpayer_required
def comparison_detail(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show what each rule measured and what to do about a difference."""
    return _show(request, selectors.get_comparison(visible_to=request.user, taxpayer=request.taxpayer, pk=pk))


def _show(request: TaxpayerRequest, run: ComparisonRun, form: HandOverForm | None = None) -> HttpResponse:
    latest = selectors.latest_comparison(taxpayer=run.taxpayer, period=run.period)
    context = {
        "exception": selectors.find_exception(taxpayer=run.taxpayer, period=run.compared),
        "form": form or HandOverForm(),
        "obstacle": hand_over_obstacle(run) if run.is_blocking else "",
        "can_file": policies.can_start_return(request.user, request.taxpayer),
        "run": run,
        "counting": presentation.COUNTING_RULES,
        "results": list(run.results.all()),
        "latest": latest if latest != run else None,
    }
    return render(request, "filing/comparison_detail.html", context, status=422 if form and form.errors else 200)


@require_POST
@taxpayer_required
def comparison_hand_over(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Hand a blocking comparison to the exception post, with an explanation."""
    run = selectors.get_comparison(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    form = HandOverForm(request.POST)
    if form.is_valid():
        try:
            services.hand_over_comparison(actor=request.user, run=run, **form.cleaned_data)
        except ExceptionNotPossibleError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已转申报异常处理岗，处理结果会发到消息。"))
            return redirect("filing:comparison-detail", pk)
    return _show(request, run, form)


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
