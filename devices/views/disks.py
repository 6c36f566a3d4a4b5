"""Pages of disks: list, one disk, its PIN, its report."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from devices import card_presentation, ceiling_presentation, policies, presentation, selectors, services
from devices.choices import OUT_OF_USE
from devices.errors import CardRefusedError, DiskError
from devices.forms import PinChangeForm, PinForm
from devices.gateway import reader_names
from devices.http import TaxpayerRequest
from devices.models import Device
from taxhall.common import clock
from taxhall.common.web import taxpayer_required

PIN_CODES = frozenset({"disk.pin_required", "disk.pin_wrong"})


@require_safe
@taxpayer_required
def device_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the company's disks, each with its state in words."""
    today, devices = clock.today(), list(selectors.list_devices(taxpayer=request.taxpayer))
    ways = services.ways_to(devices)
    cards = [
        card_presentation.disk_card(device, today, selectors.can_issue_on(device, today), ways[device.serial])
        for device in devices
    ]
    return render(request, "devices/device_list.html", {"cards": cards, "today": today})


@require_safe
@taxpayer_required
def device_detail(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Show one disk: state, window, ceilings, readiness and what happened with it."""
    device, today = _device(request, serial), clock.today()
    problems = selectors.can_issue_on(device, today)
    way = services.ways_to([device])[device.serial]
    context = {
        "device": device,
        "words": presentation.words_of(device, today, problems),
        "problems": problems,
        "rows": [*presentation.summary_rows(device), *card_presentation.way_rows(device, way)[:2]],
        "meters": ceiling_presentation.meters(device),
        "forecast": ceiling_presentation.forecast(device),
        "readiness": presentation.readiness(device, services.card_host_state(device), today),
        "authorisations": selectors.list_authorisations(device),
        **_journal(request, device),
        "requests": selectors.list_requests(device=device)[:5],
        "is_in_use": device.status not in OUT_OF_USE,
        "can_ask": policies.can_ask_for_device(request.user, device),
        "replacement": selectors.find_replacement(device),
    }
    return render(request, "devices/device_detail.html", context)


def _journal(request: TaxpayerRequest, device: Device) -> dict[str, Any]:
    """Return a page of what happened, without the looks at the disk where only what is important is asked for."""
    only_important = request.GET.get("show") == "important"
    page = selectors.journal_page(device=device, number=request.GET.get("page"), with_looks=not only_important)
    return {"page_obj": page, "only_important": only_important, "query": "show=important" if only_important else ""}


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
@taxpayer_required
def device_unlock(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Ask for the PIN, with the tries left said first, and go back to where it was needed.

    The PIN of a disk at the company's own PC is given there; this page only says so.
    """
    device = _device(request, serial)
    if (away := _at_pc(request, device)) is not None:
        return away
    form = PinForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _show_unlock(request, device, form, status=422 if form.errors else 200)
    try:
        services.unlock_card(actor=request.user, device=device, pin=form.cleaned_data["pin"])
    except CardRefusedError as error:
        form.add_error("pin", f"{error.message}{error.next_step}")
        return _show_unlock(request, device, form, status=422)
    except DiskError as error:
        return _show_unlock(request, device, form, problem=error, status=error.status)
    messages.success(request, _("设备已打开。15 分钟不使用或拔出设备后，需要重新输入口令。"))
    return redirect(_next(request) or device.get_absolute_url())


def _at_pc(request: TaxpayerRequest, device: Device) -> HttpResponse | None:
    """Return the page that leads to the PC where the disk is, None when it is not at one."""
    place = services.find_place(device.serial)
    if place is None or not services.is_heard(place):
        return None
    names = {"reader": reader_names.spoken(place.reader), "technical": reader_names.technical(place.reader)}
    context = {"device": device, "place": place, "next": _next(request), **names}
    return render(request, "devices/device_unlock_at_pc.html", context)


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
@taxpayer_required
def device_pin(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Change the PIN: with the old one, or with the one-time PIN of a disk that the bureau has unblocked.

    The PINs of a disk at the company's own PC do not come here; this page only says so.
    """
    device = _device(request, serial)
    if (away := _at_pc(request, device)) is not None:
        return away
    form = PinChangeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _show_pin(request, device, form, status=422 if form.errors else 200)
    data = form.cleaned_data
    try:
        services.change_card_pin(actor=request.user, device=device, old_pin=data["old"], new_pin=data["new"])
    except CardRefusedError as error:
        form.add_error("new" if error.code == "disk.pin_unchanged" else "old", f"{error.message}{error.next_step}")
        return _show_pin(request, device, form, status=422)
    except DiskError as error:
        return _show_pin(request, device, form, problem=error, status=error.status)
    messages.success(request, _("设备口令已修改，设备已打开。请记牢新口令，大厅不保存口令。"))
    return redirect(device)


def _show_pin(
    request: TaxpayerRequest, device: Device, form: PinChangeForm, *, status: int, problem: DiskError | None = None
) -> HttpResponse:
    context = _pin_context(request, device, form, problem)
    return render(request, "devices/device_pin.html", context, status=status)


def _show_unlock(
    request: TaxpayerRequest, device: Device, form: PinForm, *, status: int, problem: DiskError | None = None
) -> HttpResponse:
    context = _pin_context(request, device, form, problem)
    return render(request, "devices/device_unlock.html", context, status=status)


def _pin_context(
    request: TaxpayerRequest, device: Device, form: PinForm | PinChangeForm, problem: DiskError | None
) -> dict[str, Any]:
    """Read the tries left, which is said before a PIN is asked for."""
    tries_left = None
    try:
        tries_left = services.pin_tries_on_card(device=device)
    except DiskError as error:
        problem = problem or error
    return {"device": device, "form": form, "tries_left": tries_left, "problem": problem, "next": _next(request)}


@require_http_methods(["GET", "POST"])
@taxpayer_required
def device_report(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Say what reporting (抄报) will do, do it, and show the totals the disk signed."""
    device = _device(request, serial)
    if request.method != "POST":
        return _show_report(request, device)
    try:
        services.report_card(actor=request.user, device=device)
    except DiskError as error:
        if error.code in PIN_CODES:
            return redirect(f"{reverse('devices:device-unlock', args=[serial])}?next={request.path}")
        return _show_report(request, device, problem=error, status=error.status)
    messages.success(request, _("抄报完成，设备的汇总已验签并存入大厅。"))
    return redirect("devices:device-report", device.serial)


def _show_report(
    request: TaxpayerRequest, device: Device, *, problem: DiskError | None = None, status: int = 200
) -> HttpResponse:
    report = selectors.latest_report(device=device, period=device.period)
    context = {
        "device": device,
        "report": report,
        "lines": presentation.report_lines(selectors.latest_reports(device=device, period=device.period)),
        "is_period_over": device.period_end < clock.today(),
        "problem": problem,
    }
    return render(request, "devices/device_report.html", context, status=status)


def _device(request: TaxpayerRequest, serial: str) -> Device:
    return selectors.get_device(visible_to=request.user, serial=serial, taxpayer=request.taxpayer)


def _next(request: TaxpayerRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return wanted if is_ours else ""
