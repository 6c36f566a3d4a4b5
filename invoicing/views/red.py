"""Taking an invoice back: conditions, questions, the form of a special one; the check page then issues it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invoicing import rules, selectors, services
from invoicing.choices import RED_FORM_KINDS
from invoicing.http import TaxpayerRequest
from invoicing.models import Invoice
from invoicing.red_forms import RedInvoiceForm
from invoicing.views.confirmations import ask_confirmation
from taxhall.common.errors import InvalidInputError
from taxhall.common.money import ZERO
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
@taxpayer_required
def invoice_red(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show what is left of a blue invoice, ask how much is taken back, and write the draft or the form."""
    blue = selectors.get_invoice(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    units = selectors.red_units(blue)
    if request.method == "GET" and blue.is_digital and (standing := selectors.open_confirmation(blue)):
        return redirect("invoicing:confirmation-detail", standing.number)
    asked: dict[str, Any] = {"units": units, "is_special": blue.kind in RED_FORM_KINDS, "is_digital": blue.is_digital}
    if request.method == "GET":
        return _show(request, blue, units, RedInvoiceForm(**asked))
    form = RedInvoiceForm(request.POST, **asked)
    if not form.is_valid():
        return _show(request, blue, units, form, status=422)
    try:
        return _take_up(request, blue, form)
    except InvalidInputError as error:
        form.add_domain_error(error)
        return _show(request, blue, units, form, status=422)


def _take_up(request: TaxpayerRequest, blue: Invoice, form: RedInvoiceForm) -> HttpResponse:
    if blue.is_digital:
        return ask_confirmation(request, blue, form)
    return _apply(request, blue, form) if blue.kind in RED_FORM_KINDS else _draft(request, blue, form)


def _draft(request: TaxpayerRequest, blue: Invoice, form: RedInvoiceForm) -> HttpResponse:
    data = form.cleaned_data
    red = services.draft_red(actor=request.user, blue=blue, reason=data["reason"], key=data["key"], chosen=form.chosen)
    return redirect("invoicing:invoice-issue", red.pk)


def _apply(request: TaxpayerRequest, blue: Invoice, form: RedInvoiceForm) -> HttpResponse:
    data = form.cleaned_data
    made = services.apply_red_form(
        actor=request.user,
        blue=blue,
        applicant=data["applicant"],
        reason=data["reason"],
        key=data["key"],
        chosen=form.chosen,
        number=data["number"],
    )
    if made.is_unverified:
        messages.warning(request, _("信息表编号 %(number)s 已录入，未经核验。") % {"number": made.number})
    else:
        messages.success(request, _("信息表审核通过，编号 %(number)s。") % {"number": made.number})
    return redirect("invoicing:red-form-detail", made.pk)


def _show(
    request: TaxpayerRequest, blue: Invoice, units: list[rules.RedUnit], form: RedInvoiceForm, *, status: int = 200
) -> HttpResponse:
    left = sum((unit.left_amount for unit in units), ZERO)
    conditions = rules.red_conditions(state=blue.state, is_red=blue.is_red, left_amount=left)
    context = {
        "invoice": blue,
        "conditions": conditions,
        "is_allowed": all(condition.is_met for condition in conditions),
        "is_special": blue.kind in RED_FORM_KINDS,
        "form": form,
    }
    return render(request, "invoicing/invoice_red.html", context, status=status)


@require_safe
@taxpayer_required
def red_form_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the red forms of the company."""
    found = selectors.list_red_forms(visible_to=request.user, taxpayer=request.taxpayer)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "invoicing/red_form_list.html", {"page_obj": page})


@require_safe
@taxpayer_required
def red_form_detail(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show one form: its number, what it covers, what can be done with it."""
    form = selectors.get_red_form(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    context = {"form": form, "reds": form.reds.order_by("pk"), "key": uuid.uuid4()}
    return render(request, "invoicing/red_form_detail.html", context)


@require_POST
@taxpayer_required
def red_form_issue(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Write the red draft that the form allows; a draft that names it already is opened again."""
    form = selectors.get_red_form(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    made = form.reds.order_by("-pk").first()
    if made is None or made.state == "voided":
        # Two clicks at one moment come with one key, and so make one draft.
        key = uuid.uuid5(uuid.NAMESPACE_OID, f"red-form:{form.pk}:{form.reds.count()}")
        made = services.draft_red(actor=request.user, blue=form.blue, reason=form.reason, key=key, form=form)
    return redirect("invoicing:invoice-issue", made.pk)


@require_POST
@taxpayer_required
def red_form_withdraw(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Give up a form that was not used."""
    form = selectors.get_red_form(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    services.withdraw_red_form(actor=request.user, form=form)
    messages.success(request, _("信息表已撤销，所占金额已恢复。"))
    return redirect("invoicing:red-form-detail", pk)
