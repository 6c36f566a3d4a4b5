"""Printing invoices: choose, print, look; a preview and a test page count nothing."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from invoicing import printing, selectors, services
from invoicing.choices_files import ExportFormat, ExportState
from invoicing.forms import FilterForm
from invoicing.forms_prints import NudgeForm, PreviewForm, PrintForm
from invoicing.http import TaxpayerRequest, pdf_response
from invoicing.models import ExportJob, Invoice
from invoicing.querysets import InvoiceQuerySet
from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError
from taxhall.common.web import taxpayer_required

# Named on the page one by one; of more, how many there are.
NAMED = 20
# A stack that a worker draws while the page waits.
MANY = 50


@require_http_methods(["GET", "POST"])
@taxpayer_required
def print_create(request: TaxpayerRequest) -> HttpResponse:
    """Show what is chosen to be printed and how, then have it printed once."""
    if (known := _known(request)) is not None:
        return known
    found = _chosen(request)
    nudge = selectors.find_nudge(request.user)
    needs = _needs(found)
    if request.method == "GET":
        return _show(request, found, PrintForm.first(**needs))
    form = PrintForm(request.POST, **needs)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    if not request.GET.getlist("pk") and form.cleaned_data["seen"] != needs["seen"]:
        # A list, unlike what was ticked, is read anew each time: only what stood on the page is printed.
        form.add_error(None, _("符合条件的发票有变化，没有打印。请核对下面的发票，再按一次“打印”。"))
        return _show(request, found, PrintForm.again(form, **needs), status=409)
    try:
        job = services.request_print(
            actor=request.user,
            taxpayer=request.taxpayer,
            pks=[invoice.pk for invoice in found],
            options=form.options(nudge),
            key=form.cleaned_data["key"],
            is_confirmed=form.cleaned_data.get("confirm", False),
        )
    except (InvalidInputError, ConflictError) as error:
        form.add_domain_error(error)
        return _show(request, found, form, status=error.status)
    return redirect("invoicing:print-detail", job.number)


def _known(request: TaxpayerRequest) -> HttpResponse | None:
    """Lead a form that is sent again to what it led to, whatever its list holds by now."""
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None
    job = services.find_print(taxpayer=request.taxpayer, key=key)
    if job is None or request.POST.get("seen", "") != _seen(job.filters["pks"]):
        return None
    return redirect("invoicing:print-detail", job.number)


def _seen(pks: Iterable[int]) -> str:
    """Return which invoices stood on the page, in one word."""
    return hashlib.sha256(",".join(str(pk) for pk in sorted(pks)).encode()).hexdigest()


def _chosen(request: TaxpayerRequest) -> list[Invoice]:
    """Return the invoices that were ticked, or of the list that the address names the first that fit one print."""
    if picked := request.GET.getlist("pk"):
        pks = [int(pk) for pk in picked if pk.isascii() and pk.isdecimal() and len(pk) < 19]
        return selectors.printable_invoices(visible_to=request.user, taxpayer=request.taxpayer, pks=pks)
    pks = list(_listed(request).order_by("kind", "code", "number").values_list("pk", flat=True)[: services.PRINT_LIMIT])
    found = selectors.printable_invoices(visible_to=request.user, taxpayer=request.taxpayer, pks=pks)
    return services.first_stack(found)


def _listed(request: TaxpayerRequest) -> InvoiceQuerySet:
    """Return what can be printed of the list that the address names; an address that names none is none."""
    filters = FilterForm(request.GET)
    names_list = any(name in request.GET for name in filters.fields)
    if not names_list or not filters.is_valid():
        return Invoice.objects.none()
    found = selectors.list_invoices(visible_to=request.user, taxpayer=request.taxpayer, filters=filters.filters())
    return found.numbered()


def _needs(found: Sequence[Invoice]) -> dict[str, Any]:
    kinds = {invoice.kind for invoice in found}
    copies = printing.copies_among(kinds)
    return {
        "copies": copies,
        "has_forms": bool(copies),
        "is_again": any(invoice.print_count for invoice in found),
        "seen": _seen(invoice.pk for invoice in found),
    }


@require_POST
@taxpayer_required
def nudge_save(request: TaxpayerRequest) -> HttpResponse:
    """Remember how far this person's printer is off, and go back to what is to be printed."""
    form = NudgeForm(request.POST)
    if not form.is_valid():
        found = _chosen(request)
        return _show(request, found, PrintForm.first(**_needs(found)), nudge_form=form, status=422)
    services.remember_nudge(actor=request.user, taxpayer=request.taxpayer, **form.cleaned_data)
    messages.success(request, _("打印位置微调已保存，以后的套打都按它移动；可先打一张测试页核对。"))
    return redirect(f"{reverse('invoicing:print-create')}?{request.GET.urlencode()}")


def _show(
    request: TaxpayerRequest,
    found: Sequence[Invoice],
    form: PrintForm,
    *,
    nudge_form: NudgeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    again = [invoice for invoice in found if invoice.print_count]
    whole = len(found) if request.GET.getlist("pk") else _listed(request).count()
    context = {
        "whole": whole,
        "later": whole - len(found),
        "most_pages": services.PRINT_LIMIT,
        "form": form,
        "nudge_form": nudge_form or NudgeForm.of(selectors.find_nudge(request.user)),
        "count": len(found),
        "invoices": found[:NAMED],
        "rest": max(0, len(found) - NAMED),
        "again_count": len(again),
        "again": selectors.last_prints(again[:NAMED]),
        "trials": printing.trials_of({invoice.kind for invoice in found}),
        "is_many": len(found) > MANY,
        "first": found[0] if found else None,
    }
    return render(request, "invoicing/print_create.html", context, status=status)


@require_safe
@taxpayer_required
def print_detail(request: TaxpayerRequest, number: uuid.UUID) -> HttpResponse:
    """Show where a print stands; when its file is there, the way to it."""
    job = _job(request, number)
    return render(request, "invoicing/print_detail.html", {"job": job, "count": len(job.filters["pks"])})


@require_safe
@taxpayer_required
def print_status(request: TaxpayerRequest, number: uuid.UUID) -> HttpResponse:
    """Answer the page's poll: the words while the file is written, a fresh page afterwards."""
    job = _job(request, number)
    if not request.htmx:
        return redirect("invoicing:print-detail", number)
    if job.state == ExportState.WRITING:
        return render(request, "invoicing/_print_waiting.html", {"job": job})
    return HttpResponseClientRefresh()


@require_safe
@taxpayer_required
def print_file(request: TaxpayerRequest, number: uuid.UUID) -> FileResponse:
    """Hand out the file of a print, to be looked at and printed in the browser or kept."""
    job = _job(request, number)
    stored = services.open_export(actor=request.user, job=job)
    is_kept = request.GET.get("save") == "1"
    return FileResponse(
        stored,
        as_attachment=is_kept,
        filename=job.download_name,
        content_type="application/pdf",
        headers={"Cache-Control": "private, no-store"},
    )


@require_safe
@taxpayer_required
def invoice_pdf(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show the face of one invoice as a PDF that says it is a preview; nothing is counted."""
    invoice = selectors.get_invoice(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    options = PreviewForm(request.GET).options(selectors.find_nudge(request.user))
    content = services.preview_invoice(invoice=invoice, options=options)
    return pdf_response(content, name=_("预览-%(number)s.pdf") % {"number": invoice.number or invoice.pk})


@require_safe
@taxpayer_required
def print_trial(request: TaxpayerRequest) -> HttpResponse:
    """Show the test page of a paper form, moved as a print of this person would be."""
    nudge = selectors.find_nudge(request.user)
    page = printing.trial_page(right=nudge.right, down=nudge.down, kind=request.GET.get("kind", ""))
    return pdf_response(printing.draw([page], title=_("打印测试页")), name=_("打印测试页.pdf"))


def _job(request: TaxpayerRequest, number: uuid.UUID) -> ExportJob:
    job = selectors.get_export(visible_to=request.user, taxpayer=request.taxpayer, number=number)
    if job.format != ExportFormat.PRINT:
        raise NotFoundError(_("没有找到这次打印。"), next_step=_("请从发票列表中选择要打印的发票。"))
    return job
