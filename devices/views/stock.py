"""The blank invoices of a disk (发票领用存): what it holds, asking for more, giving some back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from devices import act_presentation, policies, selectors, services
from devices.choices import RequestKind
from devices.forms import StockForm
from devices.http import TaxpayerRequest
from devices.models import Device, DeviceRequest
from devices.views.acts import find_device, page
from taxhall.common.errors import TaxhallError
from taxhall.common.web import taxpayer_required


@require_safe
@taxpayer_required
def device_stock(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Show the blank invoices as the last reading found them, and what is asked about them."""
    device = find_device(request, serial)
    asked = selectors.list_requests(device=device).filter(kind__in=(RequestKind.ADD_STOCK, RequestKind.RETURN_STOCK))
    context = {
        "device": device,
        "rows": act_presentation.stock_rows(device),
        "requests": [{"asked": each, "tone": act_presentation.STATE_TONES[each.state]} for each in asked[:20]],
        "can_ask": policies.can_ask_for_device(request.user, device),
    }
    return render(request, "devices/device_stock.html", context)


@page
@taxpayer_required
def device_stock_ask(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Ask for blank invoices (发票领用)."""
    kinds = [(each.invoice_kind, each.get_invoice_kind_display()) for each in _held(request, serial)]
    return _act(request, serial, RequestKind.ADD_STOCK, kinds, services.ask_stock)


@page
@taxpayer_required
def device_stock_return(request: TaxpayerRequest, serial: str) -> HttpResponse:
    """Ask to give blank invoices back (发票退回)."""
    kinds = [
        (each.invoice_kind, f"{each.get_invoice_kind_display()}（{each.remaining}）")
        for each in _held(request, serial)
        if each.remaining
    ]
    return _act(request, serial, RequestKind.RETURN_STOCK, kinds, services.ask_stock_return)


def _held(request: TaxpayerRequest, serial: str) -> Any:
    return find_device(request, serial).authorisations.all()


def _act(
    request: TaxpayerRequest,
    serial: str,
    kind: RequestKind,
    kinds: list[tuple[str, str]],
    ask: Callable[..., DeviceRequest],
) -> HttpResponse:
    device = find_device(request, serial)
    known = selectors.find_waiting_request(device=device, kind=kind)
    if known is not None:
        return redirect(known)
    form = StockForm(request.POST if request.method == "POST" else None, kinds=kinds)
    if request.method != "POST" or not form.is_valid():
        return _show(request, device, kind, form, status=422 if form.errors else 200)
    try:
        return redirect(ask(actor=request.user, device=device, **form.cleaned_data))
    except TaxhallError as error:
        if error.status in (403, 404):
            raise
        form.add_domain_error(error)
        return _show(request, device, kind, form, status=error.status)


def _show(request: TaxpayerRequest, device: Device, kind: RequestKind, form: StockForm, *, status: int) -> HttpResponse:
    context = {
        "device": device,
        "form": form,
        "is_return": kind == RequestKind.RETURN_STOCK,
        "is_empty": not form.fields["kind"].choices,  # type: ignore[attr-defined]
        "rows": act_presentation.stock_rows(device),
        "can_ask": policies.can_ask_for_device(request.user, device),
    }
    return render(request, "devices/device_stock_act.html", context, status=status)
