"""The officers' pages for disks: the queue of their district, one request, and the two steps of a decision."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services as account_services
from accounts.models import User
from devices import act_presentation, policies, selectors, services
from devices.choices import RequestKind
from devices.models import DeviceRequest
from devices.order_forms import DRAFT_FORMS, DecisionForm, DraftForm, GiveStockForm, SignedWordForm
from devices.services import Grant
from taxhall.common.errors import ConflictError, TaxhallError
from taxhall.common.web import officer_required

PAGE_SIZE = 50
act = require_http_methods(["GET", "HEAD", "POST"])


def _officer(request: HttpRequest) -> User:
    return cast(User, request.user)


def _find(request: HttpRequest, number: uuid.UUID) -> DeviceRequest:
    """Return a request of the officer's district. Raises: NotFoundError, the same for absent and for another's."""
    return selectors.get_request(visible_to=_officer(request), number=number)


@require_safe
@officer_required
def queue(request: HttpRequest) -> HttpResponse:
    """List the requests of the district: those that wait, the oldest first, or the decided ones."""
    view = "done" if request.GET.get("view") == "done" else "waiting"
    found = selectors.list_officer_requests(visible_to=_officer(request), is_waiting=view == "waiting")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "console_page": "disks",
        "view": view,
        "page_obj": page,
        "rows": [{"asked": each, "tone": act_presentation.STATE_TONES[each.state]} for each in page.object_list],
        "query": f"view={view}",
        "may_draft": policies.holds_disk_post(_officer(request)),
        "drafts": [(kind, RequestKind(kind).label) for kind in DRAFT_FORMS],
    }
    return render(request, "console/disk_queue.html", context)


@require_safe
@officer_required
def request_page(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """Show one request with what the disk last proved, and who may decide it."""
    asked = _find(request, number)
    device = asked.device
    context = {
        "console_page": "disks",
        "asked": asked,
        "device": device,
        "rows": act_presentation.request_rows(asked),
        "disk_rows": act_presentation.disk_rows(device),
        "tone": act_presentation.STATE_TONES[asked.state],
        "why_not": policies.why_not_decide(_officer(request), asked) if asked.is_waiting else "",
        "may_withdraw": asked.is_waiting and policies.can_withdraw_request(_officer(request), asked),
        "effect": act_presentation.effect_words(asked),
        "journal": selectors.journal(device=device, limit=10),
    }
    return render(request, "console/disk_request.html", context)


@never_cache
@act
@officer_required
def grant(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """Confirm what will be ordered, then order it; the one-time PIN is shown in this answer alone."""

    def decide(asked: DeviceRequest, form: DecisionForm) -> Grant:
        return services.grant_request(
            actor=_officer(request),
            request=asked,
            note=form.cleaned_data["note"],
            segments=form.segments(asked.contents.get("kind", "")),
        )

    return _decision(request, number, "grant", decide)


@act
@officer_required
def refuse(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """Refuse with the reason, which the company reads as it is written."""

    def decide(asked: DeviceRequest, form: DecisionForm) -> Grant:
        note = form.cleaned_data["note"]
        return Grant(services.refuse_request(actor=_officer(request), request=asked, note=note))

    return _decision(request, number, "refuse", decide)


@require_POST
@officer_required
def withdraw(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """Take back the officer's own draft before another one decides on it."""
    try:
        services.withdraw_request(actor=_officer(request), request=_find(request, number))
    except ConflictError as error:
        messages.error(request, f"{error.message}{error.next_step}")
    else:
        messages.success(request, _("已撤回，没有改动设备。"))
    return redirect("admin:disk-request", number)


def _decision(
    request: HttpRequest, number: uuid.UUID, name: str, decide: Callable[[DeviceRequest, DecisionForm], Grant]
) -> HttpResponse:
    asked = _find(request, number)
    gives_numbers = name == "grant" and asked.needs_numbers
    form = (GiveStockForm if gives_numbers else DecisionForm)(
        request.POST if request.method == "POST" else None,
        initial={"count": asked.contents.get("count")},
        asks_code=not account_services.is_confirmed(request=request),
        needs_note=name == "refuse" or bool(asked.base.get("needs_person")),
    )
    if request.method != "POST" or not form.is_valid():
        return _show_decision(request, asked, name, form)
    code = form.cleaned_data.get("code", "")
    try:
        account_services.require_confirmed(request=request, code=code, act=f"devices.{name}:{asked.pk}")
        done = decide(asked, form)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show_decision(request, _find(request, number), name, form, status=error.status)
    if done.transport_pin:
        context = {"console_page": "disks", "asked": done.request, "pin": done.transport_pin}
        return render(request, "console/disk_pin.html", context)
    messages.success(request, _("已同意，企业会收到通知。") if name == "grant" else _("已写明不同意，企业会收到通知。"))
    return redirect("admin:disk-request", number)


def _show_decision(
    request: HttpRequest, asked: DeviceRequest, name: str, form: DecisionForm, *, status: int = 0
) -> HttpResponse:
    context: dict[str, Any] = {
        "console_page": "disks",
        "asked": asked,
        "device": asked.device,
        "form": form,
        "is_grant": name == "grant",
        "effect": act_presentation.effect_words(asked),
        "refusal_effect": act_presentation.refusal_words(asked),
        "why_not": policies.why_not_decide(_officer(request), asked),
        "rows": act_presentation.request_rows(asked),
    }
    found = status or (422 if form.errors else 200)
    return render(request, "console/disk_decide.html", context, status=found)


@act
@officer_required
def evidence(request: HttpRequest, serial: str) -> HttpResponse:
    """Book what a disk signed and somebody brought: the vendor, who read the disk, or the company."""
    device = selectors.get_device(visible_to=_officer(request), serial=serial)
    form = SignedWordForm(request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            is_placed = services.take_signed_word(
                actor=_officer(request), device=device, text=form.cleaned_data["record"]
            )
        except TaxhallError as error:
            form.add_domain_error(error)
            status = error.status
        else:
            words = _("设备的签名属实，已按这条记录入账。")
            unplaced = _("设备的签名属实，记录已留存；没有事项在等待它，或者它与账上的记录不一致，没有据此入账。")
            messages.success(request, words if is_placed else unplaced)
            return redirect("admin:disk-evidence", serial)
    context = {
        "console_page": "disks",
        "form": form,
        "device": device,
        "may_book": policies.can_draft_order(_officer(request), device),
    }
    return render(request, "console/disk_evidence.html", context, status=status)


@act
@officer_required
def draft(request: HttpRequest, kind: str) -> HttpResponse:
    """Write an order for a disk of the district; another officer approves it."""
    if kind not in DRAFT_FORMS:
        raise Http404
    officer = _officer(request)
    form: DraftForm = DRAFT_FORMS[kind](request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            device = selectors.get_device(visible_to=officer, serial=data["serial"])
            asked = services.draft_order(
                actor=officer, device=device, kind=kind, contents=form.contents(), note=data["note"]
            )
        except TaxhallError as error:
            form.add_domain_error(error)
            status = error.status
        else:
            messages.success(request, _("已拟写，等待另一名税务人员办理。"))
            return redirect("admin:disk-request", asked.pk)
    context = {
        "console_page": "disks",
        "form": form,
        "kind_words": RequestKind(kind).label,
        "may_draft": policies.holds_disk_post(officer),
    }
    return render(
        request, "console/disk_draft.html", context, status=status if not form.errors or status > 200 else 422
    )
