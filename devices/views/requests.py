"""Pages of requests about a disk: asking for a replacement, following a request, taking the new disk in."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from devices import act_presentation, policies, selectors, services
from devices.choices import RequestCause, RequestKind, RequestState
from devices.errors import DiskError
from devices.forms import ReplaceCauseForm, ReplaceForm, SuccessorForm
from devices.http import TaxpayerRequest
from devices.models import Device, DeviceRequest
from devices.rules.replacing import carry_over, must_do_first
from devices.views.acts import find_device, page
from taxhall.common import clock
from taxhall.common.errors import TaxhallError
from taxhall.common.policies import require
from taxhall.common.web import taxpayer_required

NOT_YOURS = gettext_lazy("您的身份不能为这块税控设备办理申请。")


@page
@taxpayer_required
def device_replace(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Choose why the disk is replaced, and look at it before going on, if it can be read."""
    device, form = find_device(request, serial), ReplaceCauseForm(request.POST or None)
    require(policies.can_ask_for_device(request.user, device), NOT_YOURS)
    known = selectors.find_waiting_request(device=device, kind=RequestKind.REPLACE)
    if known is not None:
        return redirect(known)
    if request.method == "POST" and form.is_valid():
        _look(request, device)
        query = urlencode({"cause": form.cleaned_data["cause"]})
        return redirect(f"{reverse('devices:device-replace-check', args=[serial])}?{query}")
    context = {"device": device, "form": form, "steps": act_presentation.steps("cause")}
    return render(request, "devices/device_replace.html", context, status=422 if form.errors else 200)


def _look(request: TaxpayerRequest, device: Device) -> None:
    """Read the old disk, so that as much as possible is proved and nothing is taken for granted."""
    try:
        services.read_device(actor=request.user, device=device)
    except DiskError as error:
        messages.warning(request, f"{error.message}{_('下面是最后一次读到的状态。')}")


@page
@taxpayer_required
def device_replace_check(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Show what of the old disk is settled and what goes to a person, and hand the request in."""
    device = find_device(request, serial)
    require(policies.can_ask_for_device(request.user, device), NOT_YOURS)
    cause = request.POST.get("cause") or request.GET.get("cause", "")
    if cause not in RequestCause.values:
        return redirect("devices:device-replace", serial)
    is_read_now = act_presentation.fresh(device.last_seen_at, clock.now())
    old = selectors.old_disk_of(device, today=clock.today(), is_read_now=is_read_now)
    items = carry_over(old)
    form = ReplaceForm(request.POST or None, may_hand_over=must_do_first(items))
    problem = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.ask_replace(
                actor=request.user,
                device=device,
                cause=cause,
                note=data["note"],
                is_read_now=is_read_now,
                hand_over=data.get("hand_over", False),
            )
            return redirect(made)
        except TaxhallError as error:
            problem = error
    context = {
        "device": device,
        "cause": cause,
        "cause_words": RequestCause(cause).label,
        "rows": act_presentation.carry_rows(device, old),
        "is_read_now": is_read_now,
        "must_do_first": must_do_first(items),
        "form": form,
        "problem": problem,
        "steps": act_presentation.steps("check"),
    }
    status = problem.status if problem is not None else 422 if form.errors else 200
    return render(request, "devices/device_replace_check.html", context, status=status)


def _request(request: TaxpayerRequest, serial: str, number: uuid.UUID) -> DeviceRequest:
    device = find_device(request, serial)
    return selectors.get_request(visible_to=request.user, number=number, device=device)


@require_safe
@taxpayer_required
def request_detail(request: TaxpayerRequest, serial: str, number: uuid.UUID) -> HttpResponse:
    """Show where a request stands and the one thing to do now."""
    asked = _request(request, serial, number)
    may_act = policies.can_ask_for_device(request.user, asked.device)
    is_replacement = asked.kind == RequestKind.REPLACE
    is_granted = asked.state == RequestState.GRANTED
    context = {
        "asked": asked,
        "device": asked.device,
        "rows": act_presentation.request_rows(asked),
        "tone": act_presentation.STATE_TONES[asked.state],
        "sentence": act_presentation.request_sentence(asked),
        "steps": act_presentation.steps("new" if is_granted else "decide", asked) if is_replacement else [],
        "current": "new" if is_granted else "decide",
        "can_withdraw": asked.is_waiting and policies.can_withdraw_request(request.user, asked),
        "needs_new_disk": may_act and is_replacement and is_granted and asked.successor is None,
        "new_period": act_presentation.new_period_words(asked),
    }
    return render(request, "devices/request_detail.html", context)


@page
@taxpayer_required
def request_withdraw(request: TaxpayerRequest, serial: str, number: uuid.UUID) -> HttpResponse:
    """Take a request back before it is decided."""
    asked = _request(request, serial, number)
    require(policies.can_withdraw_request(request.user, asked), NOT_YOURS)
    if request.method != "POST":
        return render(request, "devices/request_withdraw.html", {"asked": asked, "device": asked.device})
    services.withdraw_request(actor=request.user, request=asked)
    messages.success(request, _("申请已撤回，没有改动设备。"))
    return redirect(asked)


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def request_successor(request: TaxpayerRequest, serial: str, number: uuid.UUID) -> HttpResponse:
    """Take the new disk in, once it has proved itself in a reader."""
    asked, form, problem = _request(request, serial, number), SuccessorForm(request.POST or None), None
    if asked.successor is not None:
        return redirect(asked)
    if request.method == "POST" and form.is_valid():
        try:
            new = services.enrol_successor(actor=request.user, request=asked, serial=form.cleaned_data["serial"])
        except TaxhallError as error:
            if error.status in (403, 404):
                raise
            problem = error
        else:
            messages.success(request, _("新设备 %(serial)s 已接入。") % {"serial": new.serial})
            return redirect(asked)
    context = {"asked": asked, "device": asked.device, "form": form, "problem": problem}
    context["steps"] = act_presentation.steps("new", asked)
    status = problem.status if problem is not None else 422 if form.errors else 200
    return render(request, "devices/request_successor.html", context, status=status)
