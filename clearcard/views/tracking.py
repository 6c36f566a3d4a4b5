"""Following an application to its end (U-36, U-37)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import TaxpayerRequest
from clearcard import selectors, services
from clearcard.choices import FINAL_STATUSES, CaseAction
from clearcard.documents import certificate_qr
from clearcard.models import ClearCardCase
from clearcard.views.application import find_case, page
from clearcard.views.documents import get_certificate, verify_url
from clearcard.views.steps import first_open_step, returned_items
from taxhall.common import clock
from taxhall.common.web import taxpayer_required

# The first looks are close together, later ones rest: most cases end within a minute or take days.
POLL_SECONDS = (5, 5, 5, 10, 10, 20, 30)


@require_safe
@taxpayer_required
def case_detail(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Show where the application stands, what happened and what can be done now."""
    case = find_case(request, number)
    context = _progress(request, case) | {
        "timeline": selectors.timeline(case),
        "slots": selectors.material_slots(case),
        "submitted_table": selectors.stored_three_way(case) if case.submitted_at else None,
        "returned": returned_items(case),
        "resume_url": first_open_step(case) if case.is_editable else "",
    }
    return render(request, "clearcard/case_detail.html", context)


@require_safe
@taxpayer_required
def case_status(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Return the moving part of the page; a final state asks for no further look."""
    case = find_case(request, number)
    return render(request, "clearcard/_case_progress.html", _progress(request, case))


@page
@taxpayer_required
def case_withdraw(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Ask, then take the application back."""
    case = find_case(request, number)
    if request.method == "POST":
        services.withdraw_case(actor=request.user, case=case)
        messages.success(request, _("申请已撤回，设备没有任何变化。需要时可重新申请。"))
        return redirect("clearcard:case-detail", number)
    return render(request, "clearcard/case_withdraw.html", {"case": case})


@require_POST
@taxpayer_required
def case_retry(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Ask for another run after the disk refused."""
    services.retry_case(actor=request.user, case=find_case(request, number))
    return redirect("clearcard:case-detail", number)


@require_safe
@taxpayer_required
def case_certificate(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Show the certificate of a cleared case."""
    case = find_case(request, number)
    certificate = get_certificate(case)
    rows = [{"key": label, "value": value} for label, value in selectors.certificate_facts(certificate)]
    qr = certificate_qr(verify_url(request, certificate))
    context = {"case": case, "certificate": certificate, "rows": rows, "qr": qr}
    return render(request, "clearcard/case_certificate.html", context)


def _progress(request: TaxpayerRequest, case: ClearCardCase) -> dict[str, Any]:
    looks = max(0, int(request.GET["looks"]) if request.GET.get("looks", "").isdecimal() else 0)
    actions = selectors.taxpayer_actions(case, request.user)
    return {
        "case": case,
        "words": selectors.status_words(case),
        "journey": selectors.journey(case),
        "can_withdraw": CaseAction.WITHDRAW in actions,
        "can_retry": CaseAction.RETRY in actions,
        "is_moving": case.status not in FINAL_STATUSES and not case.is_editable,
        "delay": POLL_SECONDS[min(looks, len(POLL_SECONDS) - 1)],
        "looks": looks + 1,
        "looked_at": clock.now(),
    }
