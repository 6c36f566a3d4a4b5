"""Acts on one disk, each a page of its own that says what it does before it is done."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from devices import act_presentation, policies, selectors, services
from devices.errors import DiskError
from devices.forms import CancelForm, LossForm, NoteForm
from devices.http import TaxpayerRequest
from devices.models import Device
from taxhall.common import clock
from taxhall.common.errors import TaxhallError
from taxhall.common.web import taxpayer_required

logger = logging.getLogger(__name__)
page = require_http_methods(["GET", "HEAD", "POST"])


def find_device(request: TaxpayerRequest, serial: str) -> Device:
    """Return a disk of the company in sight. Raises: NotFoundError."""
    return selectors.get_device(visible_to=request.user, serial=serial, taxpayer=request.taxpayer)


@page
@taxpayer_required
def device_read(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Read the disk now (读卡), and keep its own log."""
    device = find_device(request, serial)
    if request.method != "POST":
        return render(request, "devices/device_read.html", {"device": device})
    try:
        services.read_device(actor=request.user, device=device)
    except DiskError as error:
        messages.error(request, f"{error.message}{error.next_step}")
    else:
        _keep_log(device)
        messages.success(request, _("已读卡，页面上的数据是设备刚才给出的。"))
    return redirect(device)


def _keep_log(device: Device) -> None:
    """Keep the log of a disk that was just read; what is not had now is had next time."""
    try:
        services.keep_log(device=device)
    except DiskError as error:
        logger.info("log of device %s not read: %s", device.serial, error.code)


@page
@taxpayer_required
def device_test(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Try the disk out (自检) and show what was measured."""
    device = find_device(request, serial)
    lines = services.run_self_test(actor=request.user, device=device) if request.method == "POST" else []
    context = {"device": device, "rows": act_presentation.self_test_rows(lines), "at": clock.now()}
    return render(request, "devices/device_test.html", context)


@page
@taxpayer_required
def device_unblock(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Ask the bureau to unblock the PIN (口令解锁)."""
    device, form = find_device(request, serial), NoteForm(request.POST if request.method == "POST" else None)
    known = selectors.find_waiting_request(device=device, kind="unblock")
    if known is not None:
        return redirect(known)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(services.ask_unblock(actor=request.user, device=device, note=form.cleaned_data["note"]))
        except TaxhallError as error:
            return _show(request, "unblock", device, form, error)
    return _show(request, "unblock", device, form)


@page
@taxpayer_required
def device_loss(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Report the disk lost (报失): from this moment the hall does nothing more with it."""
    device, form = find_device(request, serial), LossForm(request.POST if request.method == "POST" else None)
    known = selectors.find_waiting_request(device=device, kind="loss")
    if known is not None:
        return redirect(known)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = services.report_loss(actor=request.user, device=device, cause=data["cause"], note=data["note"])
        except TaxhallError as error:
            return _show(request, "loss", device, form, error)
        messages.success(request, _("已挂失。这块设备的开票和清卡已全部停止，税务人员会跟进。"))
        return redirect(made)
    return _show(request, "loss", device, form)


@page
@taxpayer_required
def device_cancel(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Ask for the end of the disk (注销), once nothing on it is open."""
    device, form = find_device(request, serial), CancelForm(request.POST if request.method == "POST" else None)
    known = selectors.find_waiting_request(device=device, kind="cancel")
    if known is not None:
        return redirect(known)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            return redirect(
                services.ask_cancel(actor=request.user, device=device, cause=data["cause"], note=data["note"])
            )
        except TaxhallError as error:
            return _show(request, "cancel", device, form, error)
    return _show(request, "cancel", device, form)


def _show(
    request: TaxpayerRequest, act: str, device: Device, form: NoteForm, error: TaxhallError | None = None
) -> HttpResponse:
    if error is not None and error.status in (403, 404):
        raise error
    still_open = services.open_before_cancel(device, today=clock.today())
    context = {
        "device": device,
        "form": form,
        "problem": error,
        "can_ask": policies.can_ask_for_device(request.user, device),
        "rows": act_presentation.cancel_rows(still_open),
        "is_ready": not any(still_open.values()),
    }
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, f"devices/device_{act}.html", context, status=status)


@require_safe
@taxpayer_required
def device_bundle_page(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Say what the support bundle holds and what it does not."""
    return render(request, "devices/device_bundle.html", {"device": find_device(request, serial)})


@require_http_methods(["POST"])
@taxpayer_required
def device_bundle(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Hand out the support bundle; making one is an act, so it is asked for by POST."""
    device = find_device(request, serial)
    answer = HttpResponse(services.support_bundle(actor=request.user, device=device), content_type="application/zip")
    name = f"disk-{device.serial}-{clock.today():%Y%m%d}.zip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
