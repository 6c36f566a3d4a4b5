"""The taxpayer's way from preparing to handing in (U-30 to U-35)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import http as account_http
from accounts import services as account_services
from accounts.http import TaxpayerRequest
from clearcard import policies, selectors, services
from clearcard.choices import CheckOutcome, ClearKind
from clearcard.errors import (
    CaseChangedError,
    CaseNotReadyError,
    PartNotReturnedError,
    PeriodAlreadyClearedError,
    TransitionNotAllowedError,
)
from clearcard.forms import ClearTypeForm, SubmitForm, VerifyForm
from clearcard.models import ClearCardCase
from clearcard.selectors.board import disk_board
from clearcard.services.prepare import NOT_YOURS
from clearcard.views.guards import closed, find_case, page, step_page
from clearcard.views.steps import application_steps, first_open_step, missing_parts
from devices import selectors as device_selectors
from taxhall.common.errors import InvalidInputError, TaxhallError
from taxhall.common.policies import require
from taxhall.common.web import taxpayer_required


def render_step(
    request: TaxpayerRequest, case: ClearCardCase, step: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render one page of the application with its step header."""
    context |= {"case": case, "steps": application_steps(case), "step": step, "hand_in": selectors.find_hand_in(case)}
    return render(request, f"clearcard/case_{step}.html", context, status=status)


@require_safe
@taxpayer_required
def case_list(request: TaxpayerRequest) -> HttpResponse:
    """Show each disk with its next act, and the applications so far."""
    cases = selectors.list_cases(visible_to=request.user, taxpayer=request.taxpayer)
    context = {
        "board": disk_board(visible_to=request.user, taxpayer=request.taxpayer),
        "rows": [{"case": case, "words": selectors.status_words(case)} for case in cases[:50]],
    }
    return render(request, "clearcard/case_list.html", context)


@require_POST
@taxpayer_required
def case_start(request: TaxpayerRequest) -> HttpResponse:
    """Open the case of the disk's period that was on screen, or the one that is open already."""
    device = device_selectors.get_device(
        visible_to=request.user, taxpayer=request.taxpayer, serial=request.POST.get("serial", "")
    )
    try:
        case = services.start_case(actor=request.user, device=device, period=request.POST.get("period", ""))
    except (PeriodAlreadyClearedError, CaseChangedError) as error:
        messages.warning(request, f"{error.message}{error.next_step}")
        return redirect("clearcard:case-list")
    if case.is_editable:
        return redirect(first_open_step(case))
    return redirect("clearcard:case-detail", case.number)


@page
@taxpayer_required
def case_prepare(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Show what is in order and what must be mended first; a POST reads the disk anew."""
    case = find_case(request, number)
    if not case.is_editable:
        return closed(request, case)
    if request.method == "POST":
        was_read, words = services.check_device(actor=request.user, device=case.device)
        (messages.success if was_read else messages.warning)(request, words)
        return redirect("clearcard:case-prepare", number)
    checks = selectors.preparation_checks(device=case.device, case=case, actor=request.user)
    context = {
        "checks": checks,
        "stops": [check for check in checks if check.stops],
        "open_checks": [check for check in checks if check.outcome != CheckOutcome.PASS and not check.stops],
        "may_apply": policies.can_prepare_case(request.user, case),
    }
    return render_step(request, case, "prepare", context)


@step_page
def case_type(request: TaxpayerRequest, case: ClearCardCase) -> HttpResponse:
    """Choose the type of clearing."""
    form = ClearTypeForm(request.POST or None, initial={"kind": case.kind, "special_reason": case.special_reason})
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_type(actor=request.user, case=case, **form.cleaned_data)
            is_special = form.cleaned_data["kind"] == ClearKind.SPECIAL
            return redirect("clearcard:case-special" if is_special else "clearcard:case-verify", case.number)
        except (InvalidInputError, PartNotReturnedError) as error:
            form.add_domain_error(error)
    context = {"form": form, "options": selectors.type_options(case)}
    return render_step(request, case, "type", context, status=422 if form.errors else 200)


@step_page
def case_verify(request: TaxpayerRequest, case: ClearCardCase) -> HttpResponse:
    """Compare disk, ledger and return, and confirm each group."""
    table = selectors.three_way(case)
    form = VerifyForm(request.POST or None, table=table)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            services.confirm_invoices(actor=request.user, case=case, digest=form.cleaned_data["digest"])
            return redirect("clearcard:case-fill", case.number)
        except CaseChangedError as error:
            # The new figures are confirmed anew: nothing stays ticked, and the new digest goes with them.
            form = VerifyForm(table=table)
            return render_step(request, case, "verify", {"form": form, "table": table, "moved": error}, status=409)
    return render_step(request, case, "verify", {"form": form, "table": table}, status=status)


@page
@taxpayer_required
def case_check(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Show everything once more and hand it in; the same key again gets the same receipt."""
    case = find_case(request, number)
    require(policies.can_prepare_case(request.user, case), NOT_YOURS)
    if request.method != "POST" and not case.is_editable:
        return closed(request, case)
    form = SubmitForm(
        request.POST or None,
        initial={"key": selectors.submit_key(case)},
        asks_password=not account_services.is_confirmed(request=request),
    )
    try:
        if request.method == "POST" and form.is_valid() and _submit(request, case, form):
            return redirect(
                "clearcard:case-check" if selectors.find_hand_in(case) else "clearcard:case-submitted", number
            )
    except TransitionNotAllowedError:
        case = find_case(request, number)
    if not case.is_editable:
        return closed(request, case)
    missing = selectors.missing_before_submit(case, actor=request.user)
    context = {
        "form": form,
        "table": selectors.three_way(case),
        "slots": selectors.material_slots(case),
        "missing": missing_parts(missing, case),
        "only_payment": selectors.only_waits_for_payment(missing),
    }
    return render_step(request, case, "check", context, status=422 if form.errors else 200)


def _submit(request: TaxpayerRequest, case: ClearCardCase, form: SubmitForm) -> bool:
    """Prove the person once more, then hand in; what was refused stands on the form.

    Raises: TransitionNotAllowedError when the application was handed in meanwhile with another key.
    """
    password = form.cleaned_data.pop("password", None)
    try:
        if password is not None:
            origin = account_http.origin_of(request)
            account_services.confirm_password(request=request, password=password, origin=origin)
        act = services.order_hand_in if "when-paid" in request.POST else services.submit_case
        act(actor=request.user, case=case, **form.cleaned_data)
    except TransitionNotAllowedError:
        raise
    except CaseNotReadyError:
        # The page itself lists what is missing, each with the place where it is mended.
        form.add_error(None, _("申请还不能提交，没有改动设备和税款，已填的内容都保留着。请先处理下面列出的事项。"))
        return False
    except TaxhallError as error:
        form.add_domain_error(error)
        return False
    return True


@require_POST
@taxpayer_required
def hand_in_cancel(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Take the order to hand in by itself back."""
    case = find_case(request, number)
    services.cancel_hand_in(actor=request.user, case=case)
    messages.info(request, _("已取消自动提交，申请仍是草稿，内容都保留着。"))
    return redirect("clearcard:case-check", number)


@require_safe
@taxpayer_required
def case_submitted(request: TaxpayerRequest, number: str) -> HttpResponse:
    """Confirm the hand-in; the address stays valid for ever."""
    case = find_case(request, number)
    if case.submitted_at is None:
        messages.warning(request, _("这份申请还没有提交。"))
        return redirect(first_open_step(case))
    context = {"case": case, "words": selectors.status_words(case), "delay": selectors.poll_seconds(case)}
    return render(request, "clearcard/case_submitted.html", context)
