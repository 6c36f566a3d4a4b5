"""Correcting a filed return, and the official sheet (表样) of any return."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from filing import policies, presentation, selectors, services
from filing.forms import CorrectionForm
from filing.http import TaxpayerRequest
from filing.services.corrections import correction_obstacle
from taxhall.common.web import taxpayer_required


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def return_correct(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Begin the correction of a filed return, after saying what that means and asking why."""
    tax_return = selectors.get_return(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    if standing := selectors.find_correction(tax_return):
        return redirect("filing:return-edit", standing.pk)
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        draft = services.correct_return(actor=request.user, tax_return=tax_return, reason=form.cleaned_data["reason"])
        messages.success(request, _("已建立更正申报表；提交之前，原申报表仍然有效。"))
        return redirect("filing:return-edit", draft.pk)
    context = {
        "tax_return": tax_return,
        "form": form,
        "obstacle": correction_obstacle(tax_return),
        "can_file": policies.can_change_return(request.user, tax_return),
    }
    return render(request, "filing/return_correct.html", context, status=422 if form.errors else 200)


@require_safe
@taxpayer_required
def return_sheet(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show a return in the shape of the official sheet, with each line's formula in words."""
    tax_return = selectors.get_return(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    sheet = selectors.current_sheet(tax_return)
    context = {
        "tax_return": tax_return,
        "sheet": sheet,
        "grids": [presentation.grid(sheet, part) for part in sheet.definition.schedules],
        "is_all_open": True,
    }
    return render(request, "filing/return_sheet.html", context)
