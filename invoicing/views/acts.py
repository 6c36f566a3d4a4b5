"""What is done with one invoice: look, issue, wait, take back, discard, void."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from devices import services as device_services
from devices.models import Device
from invoicing import rules, selectors, services
from invoicing.choices import PAPER_KINDS
from invoicing.errors import DraftChangedError, InvoiceProblemsError
from invoicing.face import face_of
from invoicing.forms import VoidForm
from invoicing.http import TaxpayerRequest
from invoicing.models import Invoice
from invoicing.state_words import state_words
from taxhall.common.errors import ConflictError, InvalidInputError
from taxhall.common.web import taxpayer_required

# Refusals that the PIN page mends.
PIN_CODES = frozenset({"disk.pin_required", "disk.pin_wrong"})


@require_safe
@taxpayer_required
def invoice_detail(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show the face of an invoice, what is true of it now and what happened to it."""
    invoice = _invoice(request, pk)
    needs_unlock = invoice.device is not None and invoice.error_code in PIN_CODES
    context = {
        "invoice": invoice,
        "face": face_of(invoice),
        "words": state_words(invoice),
        "events": selectors.timeline(invoice),
        "reds": selectors.list_reds(invoice) if invoice.red_amount else (),
        "prints": selectors.list_prints(invoice) if invoice.print_count else (),
        "paper_kinds": PAPER_KINDS,
        "copy_key": uuid.uuid4(),
        "needs_unlock": needs_unlock,
        "unlock_url": unlock_url(invoice.device, back=request.path) if needs_unlock and invoice.device else "",
    }
    return render(request, "invoicing/invoice_detail.html", context)


@require_safe
@taxpayer_required
def invoice_status(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Answer the waiting page's poll: the words while the disk is awaited, a fresh page once it has answered."""
    invoice = _invoice(request, pk)
    if not request.htmx:
        return redirect("invoicing:invoice-detail", pk)
    if not invoice.is_waiting:
        return HttpResponseClientRefresh()
    return render(request, "invoicing/_waiting.html", {"invoice": invoice, "words": state_words(invoice)})


@require_http_methods(["GET", "POST"])
@taxpayer_required
def invoice_issue(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Check a draft, show its face, and send it to the disk with one key."""
    invoice = _invoice(request, pk)
    if not invoice.is_draft:
        return redirect("invoicing:invoice-detail", pk)
    if request.method == "POST":
        return _issue(request, invoice)
    return _show_check(request, invoice)


def _issue(request: TaxpayerRequest, invoice: Invoice) -> HttpResponse:
    if invoice.device is not None and not device_services.is_unlocked(invoice.device):
        messages.warning(request, _("开具前请先输入设备口令；发票还没有发送，草稿已保存。"))
        return redirect(unlock_url(invoice.device, back=request.path))
    key, shown = request.POST.get("key", "")[:64], request.POST.get("shown", "")
    try:
        services.issue_invoice(actor=request.user, invoice=invoice, key=key, shown=shown)
    except InvoiceProblemsError:
        return _show_check(request, invoice, status=422)
    except DraftChangedError as error:
        # The page of now, so that what is pressed next is what is seen.
        return _show_check(request, _invoice(request, invoice.pk), status=error.status, changed=error)
    return redirect("invoicing:invoice-detail", invoice.pk)


def _show_check(
    request: TaxpayerRequest, invoice: Invoice, *, status: int = 200, changed: DraftChangedError | None = None
) -> HttpResponse:
    terms = selectors.terms_for(taxpayer=invoice.taxpayer, device=invoice.device, kind=invoice.kind)
    problems = services.problems_of(invoice)
    context = {
        "invoice": invoice,
        "face": face_of(invoice),
        "terms": terms,
        "blocking": [problem for problem in problems if problem.is_blocking],
        "advice": [problem for problem in problems if not problem.is_blocking],
        "key": uuid.uuid4().hex,
        "shown": services.draft_mark(invoice),
        "changed": changed,
    }
    return render(request, "invoicing/invoice_issue.html", context, status=status)


@require_POST
@taxpayer_required
def invoice_copy(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Write a new draft with the content of this invoice; a second click on the same page is the same draft."""
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        key = uuid.uuid4()
    copy = services.copy_invoice(actor=request.user, invoice=_invoice(request, pk), key=key)
    messages.success(request, _("已复制为新的草稿，请检查后开具。"))
    return redirect("invoicing:invoice-edit", copy.pk)


@require_POST
@taxpayer_required
def invoice_cancel(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Take back an order that has not left for the disk."""
    try:
        services.cancel_issue(actor=request.user, invoice=_invoice(request, pk))
    except ConflictError as error:
        messages.warning(request, f"{error.message}{error.next_step}")
    else:
        messages.success(request, _("已撤回，发票退回草稿，没有改动设备。"))
    return redirect("invoicing:invoice-detail", pk)


@require_http_methods(["GET", "POST"])
@taxpayer_required
def invoice_discard(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Ask, then remove a draft."""
    invoice = _invoice(request, pk)
    if request.method == "GET" and invoice.is_draft:
        return render(request, "invoicing/invoice_discard.html", {"invoice": invoice})
    services.discard_draft(actor=request.user, invoice=invoice)
    messages.success(request, _("草稿已删除。"))
    return redirect("invoicing:invoice-list")


@require_http_methods(["GET", "POST"])
@taxpayer_required
def invoice_void(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Test the conditions first; when all are met, confirm with the number and send it to the disk."""
    invoice = _invoice(request, pk)
    if request.method == "GET":
        return _show_void(request, invoice, VoidForm())
    form = VoidForm(request.POST)
    if not form.is_valid():
        return _show_void(request, invoice, form, status=422)
    if invoice.device is not None and not device_services.is_unlocked(invoice.device):
        messages.warning(request, _("作废前请先输入设备口令；作废还没有发送，发票仍然有效。"))
        return redirect(unlock_url(invoice.device, back=request.path))
    try:
        reason, number = form.cleaned_data["reason"], form.cleaned_data["number"]
        services.void_invoice(actor=request.user, invoice=invoice, reason=reason, number=number)
    except InvalidInputError as error:
        form.add_domain_error(error)
        return _show_void(request, invoice, form, status=422)
    return redirect("invoicing:invoice-detail", pk)


def _show_void(request: TaxpayerRequest, invoice: Invoice, form: VoidForm, *, status: int = 200) -> HttpResponse:
    conditions = rules.void_conditions(selectors.void_facts(invoice=invoice, device=invoice.device))
    context = {
        "invoice": invoice,
        "conditions": conditions,
        "is_allowed": all(condition.is_met for condition in conditions),
        "form": form,
    }
    return render(request, "invoicing/invoice_void.html", context, status=status)


def _invoice(request: TaxpayerRequest, pk: int) -> Invoice:
    return selectors.get_invoice(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)


def unlock_url(device: Device, *, back: str) -> str:
    """Return where the PIN of a disk is entered, with the way back."""
    return f"{reverse('devices:device-unlock', args=[device.serial])}?{urlencode({'next': back})}"
