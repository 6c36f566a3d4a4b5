"""Exporting a list of invoices: ask, watch, download."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from devices.choices import InvoiceKind
from invoicing import selectors, services
from invoicing.choices_files import ExportFormat, ExportState
from invoicing.forms import FilterForm
from invoicing.forms_files import ExportForm
from invoicing.http import TaxpayerRequest
from taxhall.common.errors import InvalidInputError
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
@taxpayer_required
def export_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the files so far and ask for the list that the query names."""
    filters = FilterForm(request.GET)
    filters.is_valid()
    if request.method == "GET":
        return _show(request, filters, ExportForm(initial={"format": ExportFormat.XLSX}))
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _show(request, filters, form, status=422)
    try:
        job = services.request_export(
            actor=request.user,
            taxpayer=request.taxpayer,
            format=form.cleaned_data["format"],
            filters=filters.filters(),
        )
    except InvalidInputError as error:
        form.add_domain_error(error)
        return _show(request, filters, form, status=422)
    if job.state == ExportState.READY:
        messages.success(request, _("文件已生成，可以下载。"))
    else:
        messages.success(request, _("正在生成文件，可以离开本页，稍后回来下载。"))
    return redirect("invoicing:export-list")


def _show(request: TaxpayerRequest, filters: FilterForm, form: ExportForm, *, status: int = 200) -> HttpResponse:
    jobs = selectors.list_exports(visible_to=request.user, taxpayer=request.taxpayer)
    page = Paginator(jobs, PAGE_SIZE).get_page(request.GET.get("page"))
    wanted = selectors.list_invoices(visible_to=request.user, taxpayer=request.taxpayer, filters=filters.filters())
    context = {
        "form": form,
        "page_obj": page,
        "jobs": page.object_list,
        "count": wanted.order_by().count(),
        "red_count": wanted.red().order_by().count(),
        "vehicle_count": wanted.blue().filter(kind=InvoiceKind.VEHICLE).order_by().count(),
        "is_writing": any(job.state == ExportState.WRITING for job in page.object_list),
    }
    return render(request, "invoicing/export_list.html", context, status=status)


@require_safe
@taxpayer_required
def export_status(request: TaxpayerRequest) -> HttpResponse:
    """Answer the page's poll: nothing while files are being written, a fresh page afterwards."""
    jobs = selectors.list_exports(visible_to=request.user, taxpayer=request.taxpayer)
    if not request.htmx:
        return redirect("invoicing:export-list")
    if jobs.filter(state=ExportState.WRITING).exists():
        return render(request, "invoicing/_export_waiting.html")
    return HttpResponseClientRefresh()


@require_safe
@taxpayer_required
def export_download(request: TaxpayerRequest, number: uuid.UUID) -> FileResponse:
    """Hand out one file."""
    job = selectors.get_export(visible_to=request.user, taxpayer=request.taxpayer, number=number)
    stored = services.open_export(actor=request.user, job=job)
    return FileResponse(stored, as_attachment=True, filename=job.download_name)
