"""Backups of a month's invoices: make one, take it along, open one again."""

from __future__ import annotations

from typing import IO, cast
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import held
from invoicing import selectors, services
from invoicing.errors import BackupRefusedError
from invoicing.forms import BackupDownloadForm, BackupForm, BackupOpenForm
from invoicing.http import TaxpayerRequest
from invoicing.models import InvoiceBackup
from invoicing.services.restores import MOST_UPLOAD_BYTES
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 20
SUFFIX = "thbak"
# Rows shown at once of a backup that is looked into; all of them are checked.
MOST_ROWS = 200


@require_http_methods(["GET", "POST"])
@taxpayer_required
def backup_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the backups, and make one of a month."""
    first = {"period": request.GET.get("period") or TaxPeriod.of_month(clock.today()).code}
    form = BackupForm(request.POST) if request.method == "POST" else BackupForm(initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            services.request_backup(actor=request.user, taxpayer=request.taxpayer, period=form.cleaned_data["period"])
        except InvalidInputError as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已开始备份，通常一分钟内完成；完成后在下面下载。"))
            return redirect("invoicing:backup-list")
    backups = selectors.list_backups(visible_to=request.user, taxpayer=request.taxpayer)
    page = Paginator(backups, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request, "invoicing/backup_list.html", {"form": form, "page_obj": page}, status=422 if form.errors else 200
    )


@sensitive_post_parameters("passphrase", "repeat")
@require_http_methods(["GET", "POST"])
@taxpayer_required
def backup_download(request: TaxpayerRequest, pk: UUID) -> HttpResponseBase:
    """Ask for a passphrase, and give the sealed file out."""
    backup = selectors.get_backup(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    form = BackupDownloadForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            pieces = services.take_backup(actor=request.user, backup=backup, passphrase=form.cleaned_data["passphrase"])
        except InvalidInputError as error:
            form.add_domain_error(error)
        else:
            return _file(pieces, backup)
    context = {"form": form, "backup": backup}
    return render(request, "invoicing/backup_download.html", context, status=422 if form.errors else 200)


def _file(pieces: object, backup: InvoiceBackup) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type="application/octet-stream")  # type: ignore[arg-type]
    name = f"发票备份-{backup.taxpayer.number}-{backup.period_code}.{SUFFIX}"
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response.headers["Cache-Control"] = "no-store"
    return response


@sensitive_post_parameters("passphrase")
@require_http_methods(["GET", "POST"])
@taxpayer_required
def backup_open(request: TaxpayerRequest) -> HttpResponse:
    """Prove a backup and show what is in it; nothing is written back."""
    form = BackupOpenForm(request.POST, request.FILES) if request.method == "POST" else BackupOpenForm()
    context: dict[str, object] = {"form": form}
    held.offer(request, form)
    if request.method == "POST" and form.is_valid():
        try:
            context["review"] = review = _open(request, form)
        except InvalidInputError as error:
            form.add_domain_error(error)
        else:
            context |= {"rows": review.rows[:MOST_ROWS], "more": max(0, len(review.rows) - MOST_ROWS)}
            held.drop(request, form)
    if form.errors:
        held.keep(request, form)
    return render(request, "invoicing/backup_open.html", context, status=422 if form.errors else 200)


def _open(request: TaxpayerRequest, form: BackupOpenForm) -> services.BackupReview:
    upload = form.cleaned_data["file"]
    if upload.size > MOST_UPLOAD_BYTES:
        raise BackupRefusedError(_("文件超过 50 MB，请由管理员用命令核对。"), field="file")
    return services.review_backup(
        actor=request.user,
        taxpayer=request.taxpayer,
        file=cast("IO[bytes]", upload.file),
        passphrase=form.cleaned_data["passphrase"],
    )
