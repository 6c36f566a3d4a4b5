"""The difference explorer: disk, ledger and return side by side, opened to the invoices."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from devices import selectors as device_selectors
from filing import selectors
from filing.http import TaxpayerRequest
from filing.rules.differences import FAMILIES, Cause
from filing.selectors.differences import Differences
from taxhall.common import clock
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required

_MOST_SHOWN = 50


@require_safe
@taxpayer_required
def difference_list(request: TaxpayerRequest) -> HttpResponse:
    """Show where the three sides of a period differ, each with its likely cause and the act that mends it."""
    period = _period(request)
    found = selectors.find_differences(taxpayer=request.taxpayer, period=period)
    family, _dash, rate = request.GET.get("cell", "").partition("-")
    invoices = None
    if family in FAMILIES and rate:
        invoices = selectors.list_cell_invoices(taxpayer=request.taxpayer, period=period, family=family, rate=rate)
    context = {
        "period": period,
        "found": found,
        "rows": [(row, *_act(row.cause, found)) for row in found.rows],
        "input_month": TaxPeriod.of_month(period.end),
        "gaps": selectors.list_cell_gaps(found.tax_return) if found.tax_return is not None else [],
        "cell": (family, rate) if invoices is not None else None,
        "invoices": invoices[:_MOST_SHOWN] if invoices is not None else None,
        "more": max(0, invoices.count() - _MOST_SHOWN) if invoices is not None else 0,
        "odd": [
            odd
            for device in device_selectors.list_devices(taxpayer=request.taxpayer)
            for odd in selectors.find_odd_invoices(device=device, period=period)
        ],
    }
    return render(request, "filing/difference_list.html", context)


def _act(cause: Cause | None, found: Differences) -> tuple[str, str]:
    """Return the label and address of the one act that mends a difference."""
    if cause is None or cause.act == "none":
        return "", ""
    if cause.act == "correct" and found.tax_return is not None:
        return _("更正申报"), reverse("filing:return-correct", args=[found.tax_return.pk])
    if cause.act == "verify":
        return _("查看发票"), reverse("invoicing:invoice-list")
    labels = {"upload": _("去上传"), "report": _("重新抄报"), "clock": _("校准设备时钟")}
    return labels.get(cause.act, _("查看设备")), reverse("devices:device-list")


def _period(request: TaxpayerRequest) -> TaxPeriod:
    code = request.GET.get("period", "")
    if not code:
        month = TaxPeriod.of_month(clock.today()).previous()
        return selectors.return_period(request.taxpayer, month) or month
    try:
        return TaxPeriod.parse(code)
    except ValueError as error:
        raise NotFoundError(_("没有这个所属期。"), next_step=_("请从申报比对页进入。")) from error
