"""Paying a return, and the treasury's own call."""

from __future__ import annotations

import json
import uuid

from django.http import Http404, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from filing import policies, presentation, selectors, services
from filing.choices import PaymentState
from filing.errors import PaymentAnswerError
from filing.gateway.base import TreasurySignatureError, treasury
from filing.http import TaxpayerRequest
from filing.models import TaxReturn
from taxhall.common.web import taxpayer_required

_CALLBACK_LIMIT = 64 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def return_pay(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show what is owed and order the payment; the same page then tells how the order stands."""
    tax_return = selectors.get_return(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    if request.method == "POST":
        services.pay_return(actor=request.user, tax_return=tax_return, key=request.POST.get("key") or uuid.uuid4().hex)
        return redirect("filing:return-pay", pk)
    if tax_return.is_draft:
        return redirect("filing:return-edit", pk)
    return render(request, "filing/return_pay.html", _context(request, tax_return))


@require_safe
@taxpayer_required
def payment_status(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Answer the paying page's poll; a settled payment refreshes the page."""
    tax_return = selectors.get_return(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    context = _context(request, tax_return)
    if not request.htmx:
        return redirect("filing:return-pay", pk)
    if not context["is_waiting"]:
        return HttpResponseClientRefresh()
    return render(request, "filing/_payment_status.html", context)


def _context(request: TaxpayerRequest, tax_return: TaxReturn) -> dict[str, object]:
    payment = selectors.find_payment(tax_return)
    waiting = payment is not None and payment.state in (PaymentState.REQUESTED, PaymentState.UNKNOWN)
    owed = not selectors.is_settled(tax_return) and tax_return.status == "submitted"
    return {
        "tax_return": tax_return,
        "payment": payment,
        "payment_words": presentation.payment_words(payment) if payment else None,
        "is_waiting": waiting,
        "can_pay": owed and not waiting and policies.can_change_return(request.user, tax_return),
        "is_owed": owed,
        # A new key per shown page: a double click pays once, a retry after a failure is a new order.
        "key": uuid.uuid4().hex,
        "is_demo": treasury().is_demo,
    }


@csrf_exempt
@require_POST
def treasury_callback(request: TaxpayerRequest) -> HttpResponse:
    """Take a signed answer from the treasury; the signature is the only credential."""
    if len(request.body) > _CALLBACK_LIMIT:
        return HttpResponseBadRequest()
    try:
        envelope = json.loads(request.body)
        payment = services.record_callback(raw=str(envelope["raw"]), signature=str(envelope["signature"]))
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest()
    except (TreasurySignatureError, PaymentAnswerError):
        return HttpResponseForbidden()
    if payment is None:
        raise Http404
    return HttpResponse(status=204)
