"""Importing a file of invoices: choose, check, decide, watch, undo."""

from __future__ import annotations

import io
import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts import held
from devices import selectors as device_selectors
from devices import services as device_services
from devices.choices import InvoiceKind
from devices.models import Device
from invoicing import selectors, services
from invoicing.choices_files import HALFWAY_STATES, ImportMode, ImportState
from invoicing.errors_files import DiskNeededError, ImportRefusedError
from invoicing.files.templates import TEMPLATES
from invoicing.forms_files import ImportForm, ModeForm
from invoicing.http import TaxpayerRequest
from invoicing.models import ImportJob
from invoicing.views.acts import unlock_url
from taxhall.common.errors import ConflictError
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50
# States in which there are drafts of it.
_KEPT = (ImportState.IMPORTED, ImportState.ISSUING, ImportState.UNDOING, *HALFWAY_STATES)


@require_http_methods(["GET", "POST"])
@taxpayer_required
def import_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the form and the imports so far; take a file in."""
    devices = {each.serial: each for each in device_selectors.list_devices(taxpayer=request.taxpayer).in_use()}
    choices = [(serial, str(each)) for serial, each in devices.items()]
    if request.method == "GET":
        return _show_list(request, ImportForm(devices=choices))
    form = ImportForm(request.POST, request.FILES, devices=choices)
    held.offer(request, form)
    if not form.is_valid():
        held.keep(request, form)
        return _show_list(request, form, status=422)
    data = form.cleaned_data
    try:
        job, is_new = services.upload_import(
            actor=request.user,
            taxpayer=request.taxpayer,
            device=devices.get(data["device"]),
            kind=data["kind"],
            name=data["file"].name,
            content=data["file"].read(),
        )
    except (ImportRefusedError, DiskNeededError) as error:
        form.add_domain_error(error)
        held.keep(request, form)
        return _show_list(request, form, status=422)
    held.drop(request, form)
    if not is_new:
        messages.warning(request, _known_words(job, device=devices.get(data["device"]), kind=data["kind"]))
    return redirect("invoicing:import-detail", job.number)


def _known_words(job: ImportJob, *, device: Device | None, kind: str) -> str:
    """Say that a file was sent before, and for which disk and kind when they were others than now."""
    said = _("这个文件已经上传过，没有重复导入；下面是第一次的结果。")
    if (first := _chosen(job.device, job.kind)) == (now := _chosen(device, kind)):
        return said
    other = _("第一次选择的是%(first)s，导入和草稿都按第一次的；这次选择的%(now)s没有采用。")
    step = _("要改用这次的选择，请在发票还没有开具时先取消或撤销第一次的导入，再重新上传。")
    return f"{said}{other % {'first': first, 'now': now}}{step}"


def _chosen(device: Device | None, kind: str) -> str:
    words = {"device": str(device) if device is not None else _("不使用设备"), "kind": InvoiceKind(kind).label}
    return _("“%(device)s · %(kind)s”") % words


def _show_list(request: TaxpayerRequest, form: ImportForm, *, status: int = 200) -> HttpResponse:
    found = selectors.list_imports(visible_to=request.user, taxpayer=request.taxpayer)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "jobs": page.object_list, "templates": TEMPLATES}
    return render(request, "invoicing/import_list.html", context, status=status)


@require_safe
@taxpayer_required
def import_template(request: TaxpayerRequest, name: str) -> FileResponse:
    """Hand out a file to begin with."""
    if name not in TEMPLATES:
        raise Http404
    filename, made = TEMPLATES[name]
    return FileResponse(io.BytesIO(made(request.taxpayer.kind)), as_attachment=True, filename=filename)


@require_safe
@taxpayer_required
def import_detail(request: TaxpayerRequest, number: uuid.UUID) -> HttpResponse:
    """Show where an import stands and what can be done now."""
    job = _job(request, number)
    return render(request, "invoicing/import_detail.html", _context(request, job))


def _context(request: TaxpayerRequest, job: ImportJob) -> dict[str, Any]:
    is_kept = job.state in _KEPT
    is_failed_only = is_kept and request.GET.get("only") == "failed"
    query = request.GET.copy()
    query.pop("page", None)
    page = Paginator(_rows(job, is_kept, is_failed_only), PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "job": job,
        "page_obj": page,
        "is_kept": is_kept,
        "query": query.urlencode(),
        "is_failed_only": is_failed_only,
        "counts": selectors.imported_counts(job) if is_kept else None,
        "shortages": selectors.list_shortages(job) if job.is_undecided else [],
        "shortage_mend": selectors.SHORTAGE_MEND,
        # While some are wrong all or nothing could only be nothing.
        "mode": ImportMode.CORRECT if job.bad_count else ImportMode.ALL,
        "correct_count": job.good_count + job.warned_count,
    }


def _rows(job: ImportJob, is_kept: bool, is_failed_only: bool) -> Any:
    if not is_kept:
        return selectors.list_problems(job)
    return selectors.list_failed(job) if is_failed_only else selectors.list_imported(job)


@require_safe
@taxpayer_required
def import_status(request: TaxpayerRequest, number: uuid.UUID) -> HttpResponse:
    """Answer the page's poll: the bar while a worker is at it, a fresh page afterwards."""
    job = _job(request, number)
    if not request.htmx:
        return redirect("invoicing:import-detail", number)
    if not job.is_running:
        return HttpResponseClientRefresh()
    counts = selectors.imported_counts(job) if job.state == ImportState.ISSUING else None
    return render(request, "invoicing/_import_progress.html", {"job": job, "counts": counts})


@require_safe
@taxpayer_required
def import_problems(request: TaxpayerRequest, number: uuid.UUID) -> FileResponse:
    """Hand the same sheet back with a column 问题."""
    job = _job(request, number)
    out = services.marked_sheet(actor=request.user, job=job)
    return FileResponse(out, as_attachment=True, filename=f"{job.original_name.rpartition('.')[0] or 'file'}-问题.xlsx")


@require_POST
@taxpayer_required
def import_start(request: TaxpayerRequest, number: uuid.UUID) -> HttpResponse:
    """Make drafts of the correct invoices."""
    job = _job(request, number)
    form = ModeForm(request.POST)
    if form.is_valid():
        try:
            services.start_import(actor=request.user, job=job, mode=form.cleaned_data["mode"])
        except ConflictError as error:
            messages.warning(request, f"{error.message}{error.next_step}")
    return redirect("invoicing:import-detail", number)


@require_POST
@taxpayer_required
def import_act(request: TaxpayerRequest, number: uuid.UUID, act: str) -> HttpResponse:
    """Cancel, undo, issue the drafts, or stop issuing them."""
    job = _job(request, number)
    if act not in _ACTS:
        raise Http404
    if act == "issue" and job.device is not None and not device_services.is_unlocked(job.device):
        messages.warning(request, _("批量开具前请先输入设备口令；发票还没有发送，草稿都在。"))
        return redirect(unlock_url(job.device, back=request.path.rpartition("/issue/")[0] + "/"))
    service, done = _ACTS[act]
    try:
        job = service(actor=request.user, job=job)
    except ConflictError as error:
        messages.warning(request, f"{error.message}{error.next_step}")
    else:
        messages.success(request, str(_BEGUN if job.state == ImportState.UNDOING else done))
    return redirect("invoicing:import-detail", number)


_BEGUN = gettext_lazy("已开始撤销，这次导入的草稿正在删除，可以离开本页；没有改动设备。")
_ACTS: dict[str, tuple[Any, Any]] = {
    "cancel": (services.cancel_import, gettext_lazy("已取消；没有改动设备。")),
    "undo": (services.undo_import, gettext_lazy("已撤销，这次导入的草稿已全部删除；没有改动设备。")),
    "issue": (services.start_bulk_issue, gettext_lazy("已开始逐张开具，可以离开本页。")),
    "stop": (services.stop_bulk_issue, gettext_lazy("正在停止；已提交的发票会继续完成。")),
}


def _job(request: TaxpayerRequest, number: uuid.UUID) -> ImportJob:
    return selectors.get_import(visible_to=request.user, taxpayer=request.taxpayer, number=number)
