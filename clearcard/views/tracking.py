"""Following an application to its end (U-36, U-37)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import TaxpayerRequest
from clearcard import policies, selectors, services
from clearcard.choices import REOPENABLE_STATUSES, CaseAction, CaseStatus
from clearcard.documents import certificate_qr
from clearcard.errors import TransitionNotAllowedError
from clearcard.models import ClearCardCase
from clearcard.services.prepare import NOT_YOURS
from clearcard.services.waiting import PIN_REQUIRED
from clearcard.views.documents import NO_CERTIFICATE, not_yet, verify_url
from clearcard.views.guards import find_case, page
from clearcard.views.steps import first_open_step, returned_items
from devices import selectors as device_selectors
from devices.selectors import GroupWindow
from taxhall.common import clock
from taxhall.common.policies import require
from taxhall.common.web import taxpayer_required, whole_number

# The first looks are close together, later ones rest: most cases end within a minute or take days.
POLL_SECONDS = (5, 5, 5, 10, 10, 20, 30)
MOST_LOOKS = 10_000


@require_safe
@taxpayer_required
def case_detail(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Show where the application stands, what happened and what can be done now."""
    case = find_case(request, number)
    may_edit = case.is_editable and policies.can_prepare_case(request.user, case)
    context = _progress(request, case) | {
        "timeline": selectors.timeline(case),
        "slots": selectors.material_slots(case),
        "submitted_table": selectors.stored_three_way(case) if case.submitted_at else None,
        "returned": returned_items(case),
        "resume_url": first_open_step(case) if may_edit else "",
    }
    return render(request, "clearcard/case_detail.html", context)


@require_safe
@taxpayer_required
def case_special(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Stop at why a special clear needs two persons: what happened, what is asked, what was decided."""
    case = find_case(request, number)
    story = selectors.special_story(case)
    if story is None:
        return redirect("clearcard:case-detail", number)
    may_go_on = case.is_editable and policies.can_prepare_case(request.user, case)
    context = {"case": case, "story": story, "words": selectors.status_words(case), "may_go_on": may_go_on}
    return render(request, "clearcard/case_special.html", context)


@require_safe
@taxpayer_required
def case_status(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Return the moving part of the page; once the case rests, the whole page is read anew and asks no more."""
    case = find_case(request, number)
    if not request.headers.get("HX-Request"):
        return redirect("clearcard:case-detail", number)
    context = _progress(request, case)
    response = render(request, "clearcard/_case_progress.html", context)
    if not context["is_moving"]:
        response.headers["HX-Refresh"] = "true"
    return response


@page
@taxpayer_required
def case_withdraw(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Ask, then take the application back."""
    case = find_case(request, number)
    require(policies.can_prepare_case(request.user, case), NOT_YOURS)
    if request.method != "POST" and CaseAction.WITHDRAW in selectors.taxpayer_actions(case, request.user):
        return render(request, "clearcard/case_withdraw.html", {"case": case})
    if request.method != "POST":
        return _too_late(request, case)
    try:
        services.withdraw_case(actor=request.user, case=case)
    except TransitionNotAllowedError:
        return _too_late(request, find_case(request, number))
    messages.success(request, _("申请已撤回，没有改动设备。需要时可重新申请。"))
    return redirect("clearcard:case-detail", number)


def _too_late(request: TaxpayerRequest, case: ClearCardCase) -> HttpResponse:
    word = {"word": selectors.status_words(case).word}
    messages.warning(request, _("申请现在是“%(word)s”，不能撤回；这里是最新进度。") % word)
    return redirect("clearcard:case-detail", case.number)


@require_POST
@taxpayer_required
def case_retry(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Ask for another run after the disk refused."""
    try:
        services.retry_case(actor=request.user, case=find_case(request, number))
    except TransitionNotAllowedError:
        word = {"word": selectors.status_words(find_case(request, number)).word}
        messages.warning(request, _("申请现在是“%(word)s”，不需要重新执行；什么也没有发送。") % word)
    return redirect("clearcard:case-detail", number)


@require_safe
@taxpayer_required
def case_certificate(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Show the certificate of a cleared case."""
    case = find_case(request, number)
    certificate = selectors.find_certificate(case)
    if certificate is None:
        return not_yet(request, case, NO_CERTIFICATE)
    rows = [{"key": label, "value": value} for label, value in selectors.certificate_facts(certificate)]
    qr = certificate_qr(verify_url(request, certificate))
    context = {"case": case, "certificate": certificate, "rows": rows, "qr": qr}
    return render(request, "clearcard/case_certificate.html", context)


def _left_groups(case: ClearCardCase) -> list[GroupWindow]:
    """Return the groups of kinds that a cleared disk still has in the month, because each is cleared by itself."""
    if case.status != CaseStatus.CLEARED:
        return []
    windows = device_selectors.other_windows(case.device)
    return [each for each in windows if each.period.start <= case.period_start]


def _progress(request: TaxpayerRequest, case: ClearCardCase) -> dict[str, Any]:
    looks = _looks(request.GET.get("looks", ""))
    actions = selectors.taxpayer_actions(case, request.user)
    slowest = selectors.poll_seconds(case)
    return {
        "case": case,
        "words": selectors.status_words(case),
        "journey": selectors.journey(case),
        "update_way": selectors.update_way(case),
        "can_withdraw": CaseAction.WITHDRAW in actions,
        "can_retry": CaseAction.RETRY in actions,
        "can_reapply": _can_reapply(request, case),
        "needs_pin": case.waiting_code == PIN_REQUIRED,
        "left_groups": _left_groups(case),
        "is_moving": slowest > 0,
        "delay": max(slowest, POLL_SECONDS[min(looks, len(POLL_SECONDS) - 1)]),
        "looks": looks + 1,
        "looked_at": clock.now(),
    }


def _can_reapply(request: TaxpayerRequest, case: ClearCardCase) -> bool:
    """Say whether the period of an application that ended without clearing may be applied for again."""
    is_due = case.status in REOPENABLE_STATUSES and case.device.period == case.period
    return is_due and policies.can_prepare_case(request.user, case)


def _looks(text: str) -> int:
    """Return how often the page has looked already; anything else than a short number is none."""
    found = whole_number(text)
    return found if found < MOST_LOOKS else 0
