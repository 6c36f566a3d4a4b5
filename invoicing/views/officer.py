"""The officers' pages for invoices whose disk cannot tell what became of them: the list, and settling one."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services as account_services
from accounts.models import User
from invoicing import policies, selectors, services
from invoicing.forms import SettleForm
from invoicing.models import Invoice
from taxhall.common.errors import TaxhallError
from taxhall.common.templatetags import hall
from taxhall.common.web import officer_required

PAGE_SIZE = 50


def _officer(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
@officer_required
def doubtful(request: HttpRequest) -> HttpResponse:
    """List the invoices of the district that wait for a person, the oldest first."""
    found = selectors.list_doubtful(visible_to=_officer(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"console_page": "disks", "page_obj": page, "rows": page.object_list, "query": ""}
    return render(request, "console/invoice_doubtful.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Find, with evidence and after a fresh proof of identity, that the disk never acted."""
    invoice = selectors.get_doubtful(visible_to=_officer(request), pk=pk)
    asks_code = not account_services.is_confirmed(request=request)
    form = SettleForm(request.POST if request.method == "POST" else None, asks_code=asks_code)
    if request.method != "POST" or not form.is_valid():
        return _show(request, invoice, form)
    data = form.cleaned_data
    try:
        account_services.require_confirmed(request=request, code=data.get("code", ""), act=f"invoicing.settle:{pk}")
        services.settle_as_never_signed(actor=_officer(request), invoice=invoice, evidence=data["evidence"])
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show(request, invoice, form, status=error.status)
    messages.success(request, _("已记录认定依据，企业可以重新办理。"))
    return redirect("admin:invoice-doubtful")


def _show(request: HttpRequest, invoice: Invoice, form: SettleForm, *, status: int = 0) -> HttpResponse:
    context = {
        "console_page": "disks",
        "invoice": invoice,
        "form": form,
        "rows": _rows(invoice),
        "may_settle": policies.can_settle_invoice(_officer(request), invoice),
    }
    return render(request, "console/invoice_settle.html", context, status=status or (422 if form.errors else 200))


def _rows(invoice: Invoice) -> list[dict[str, Any]]:
    """Return what the officer has to find out, and about which invoice."""
    disk = invoice.device
    return [
        {"key": _("等待核实的操作"), "value": _("作废") if invoice.number else _("开具")},
        {"key": _("发票"), "value": f"{invoice.get_kind_display()} {invoice.code} {invoice.number}".strip()},
        {"key": _("购买方"), "value": invoice.buyer_name},
        {"key": _("价税合计"), "value": hall.money(invoice.total)},
        {"key": _("设备"), "value": f"{disk.get_kind_display()} {disk.serial}" if disk else "—"},
        {"key": _("情况"), "value": invoice.error_text},
    ]
