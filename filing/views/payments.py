"""Paying a return, and the treasury's own call."""

from __future__ import annotations

import json
import logging
import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.http import client_address, network_of
from filing import policies, presentation, selectors, services
from filing.choices import WAITING_PAYMENTS, ReturnStatus
from filing.errors import CallbackRefusedError, PaymentAnswerError
from filing.gateway.base import TreasurySignatureError, treasury
from filing.http import TaxpayerRequest
from filing.models import TaxReturn
from taxhall.common.web import taxpayer_required

logger = logging.getLogger(__name__)

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
    waiting = payment is not None and payment.state in WAITING_PAYMENTS
    dues = selectors.dues_of(tax_return)
    owed = not selectors.is_settled(tax_return) and tax_return.status == ReturnStatus.SUBMITTED
    return {
        "tax_return": tax_return,
        "payment": payment,
        "dues": dues,
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
def treasury_callback(request: HttpRequest) -> HttpResponse:
    """Take a signed message from the treasury; the signature is the only credential.

    204: acted on, or acted on before; 400, 413: not a message; 403: refused, with a trace and without a reason.
    """
    if _announced_size(request) > _CALLBACK_LIMIT or len(request.body) > _CALLBACK_LIMIT:
        return HttpResponse(status=413)
    try:
        envelope = json.loads(request.body)
        raw, signature = str(envelope["raw"]), str(envelope["signature"])
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest()
    try:
        services.record_callback(raw=raw, signature=signature)
    except CallbackRefusedError as error:
        return _refused(request, raw, error.why)
    except PaymentAnswerError:
        return _refused(request, raw, "other_amount")
    except TreasurySignatureError:
        return _refused(request, raw, "signature")
    return HttpResponse(status=204)


def _announced_size(request: HttpRequest) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


def _refused(request: HttpRequest, raw: str, why: str) -> HttpResponse:
    network = network_of(client_address(request))
    services.note_refused_callback(why=why, raw=raw, network=network)
    logger.warning("treasury message from %s refused: %s", network, why)
    return HttpResponseForbidden()
