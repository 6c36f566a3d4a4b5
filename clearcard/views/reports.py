"""The officers' pages for reports of their district: on screen, and as files after a fresh proof of identity."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as account_selectors
from accounts import services as account_services
from accounts.models import User
from clearcard.report_forms import DistrictReportForm, DistrictSubscriptionForm, TakeFileForm
from invoicing import selectors as invoice_selectors
from invoicing import services as invoice_services
from invoicing.models import ReportFile
from invoicing.reports import DISTRICT_BY_NAME, DISTRICT_REPORTS, SHOWN_ROWS, AskedOfDistrict, DistrictReport
from taxhall.common import clock
from taxhall.common.errors import NotFoundError, TaxhallError
from taxhall.common.periods import TaxPeriod
from taxhall.common.sheets import MEDIA_TYPES, FileFormat, printed
from taxhall.common.web import officer_required

FILES_SHOWN = 60


@require_safe
@officer_required
def report_list(request: HttpRequest) -> HttpResponse:
    """Offer the reports of the district; show what is made every month and the files."""
    bureaus = invoice_selectors.report_bureaus(officer=_officer(request))
    return _show_list(request, DistrictSubscriptionForm(bureaus=bureaus))


def _show_list(request: HttpRequest, form: DistrictSubscriptionForm, *, status: int = 200) -> HttpResponse:
    officer = _officer(request)
    context = {
        "console_page": "reports",
        "reports": DISTRICT_REPORTS,
        "period": _last_month(),
        "form": form,
        "subscriptions": [
            (each, _title(each.report)) for each in invoice_selectors.list_district_subscriptions(officer=officer)
        ],
        "files": [
            (each, _title(each.report), TaxPeriod.parse(each.period))
            for each in invoice_selectors.list_district_files(officer=officer)[:FILES_SHOWN]
        ],
    }
    return render(request, "console/report_list.html", context, status=status)


@require_POST
@officer_required
def report_subscribe(request: HttpRequest) -> HttpResponse:
    """Have a report made every month."""
    officer = _officer(request)
    form = DistrictSubscriptionForm(request.POST, bureaus=invoice_selectors.report_bureaus(officer=officer))
    if not form.is_valid():
        return _show_list(request, form, status=422)
    invoice_services.subscribe_district_report(
        actor=officer,
        bureau=form.cleaned_data["bureau"],
        name=form.cleaned_data["report"],
        file_format=form.cleaned_data["file_format"],
    )
    messages.success(request, _("已订阅。上月的文件会在一小时内生成，以后每月初自动生成，并发消息通知。"))
    return redirect("admin:district-reports")


@require_POST
@officer_required
def report_unsubscribe(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop making a report every month."""
    found = invoice_selectors.get_district_subscription(officer=_officer(request), pk=pk)
    invoice_services.end_report_subscription(actor=_officer(request), subscription=found)
    messages.success(request, _("已退订，已经生成的文件仍可下载。"))
    return redirect("admin:district-reports")


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def report_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say what a file is; a POST hands it out after a fresh proof of identity."""
    found = invoice_selectors.get_district_file(officer=_officer(request), pk=pk)
    asks_code = not account_services.is_confirmed(request=request)
    form = TakeFileForm(request.POST if request.method == "POST" else None, asks_code=asks_code)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            return _take(request, found, form.cleaned_data.get("code", ""))
        except TaxhallError as error:
            form.add_domain_error(error)
            status = error.status
    context = {
        "console_page": "reports",
        "file": found,
        "title": _title(found.report),
        "period": TaxPeriod.parse(found.period),
        "form": form,
    }
    return render(request, "console/report_file.html", context, status=422 if form.errors and status == 200 else status)


def _take(request: HttpRequest, found: ReportFile, code: str) -> FileResponse:
    account_services.require_confirmed(request=request, code=code, act=f"clearcard.district_report:{found.report}")
    content = invoice_services.take_report_file(actor=_officer(request), file=found)
    return _file(BytesIO(content), f"{_title(found.report)}-{found.period}", found.file_format)


def _file(content: BytesIO, name: str, file_format: str) -> FileResponse:
    return FileResponse(
        content,
        as_attachment=True,
        filename=f"{name}.{file_format}",
        content_type=MEDIA_TYPES[FileFormat(file_format)],
        headers={"Cache-Control": "private, no-store"},
    )


def _title(name: str) -> str:
    return str(DISTRICT_BY_NAME[name].title) if name in DISTRICT_BY_NAME else name


def _officer(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def report_show(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show one report of a month; a POST hands it out as a file with the same figures."""
    if name not in DISTRICT_BY_NAME:
        raise NotFoundError(_("没有这种报表。"), next_step=_("请从报表列表中选择。"))
    asks_code = not account_services.is_confirmed(request=request)
    usual = {"period": _last_month().code, "file_format": FileFormat.XLSX.value}
    if request.method != "POST":
        data = {**usual, **{key: value for key, value in request.GET.items() if key == "period"}}
        form = DistrictReportForm(data, asks_code=False)
        form.full_clean()
        return _show(request, DISTRICT_BY_NAME[name], form, asks_code=asks_code)
    form = DistrictReportForm(request.POST, asks_code=asks_code)
    if not form.is_valid():
        return _show(request, DISTRICT_BY_NAME[name], form, asks_code=asks_code)
    try:
        return _export(request, DISTRICT_BY_NAME[name], form.cleaned_data)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show(request, DISTRICT_BY_NAME[name], form, asks_code=asks_code, status=error.status)


def _export(request: HttpRequest, report: DistrictReport, data: dict[str, Any]) -> FileResponse:
    account_services.require_confirmed(
        request=request, code=data.get("code", ""), act=f"clearcard.district_report:{report.name}"
    )
    target, period, file_format = BytesIO(), data["period"], data["file_format"]
    invoice_services.export_district_report(
        actor=_officer(request), name=report.name, period=period, file_format=file_format, target=target
    )
    target.seek(0)
    return _file(target, f"{report.title}-{period.code}", file_format)


def _show(
    request: HttpRequest, report: DistrictReport, form: DistrictReportForm, *, asks_code: bool, status: int = 0
) -> HttpResponse:
    period = form.cleaned_data.get("period") or _last_month()
    officer = _officer(request)
    visible = account_selectors.list_taxpayers(visible_to=officer)
    book = report.book(AskedOfDistrict(visible, period, str(officer)))
    (table,) = book.tables
    rows = list(table.rows)
    context = {
        "console_page": "reports",
        "report": report,
        "form": form,
        "code_form": DistrictReportForm(asks_code=True) if asks_code and request.method != "POST" else form,
        "asks_code": asks_code,
        "period": period,
        "formats": FileFormat.choices,
        "book": printed(replace(book, tables=(replace(table, rows=rows[:SHOWN_ROWS]),))),
        "rows": len(rows),
        "hidden": max(0, len(rows) - SHOWN_ROWS),
        "shown_rows": SHOWN_ROWS,
    }
    return render(request, "console/report_show.html", context, status=status or (422 if form.errors else 200))


def _last_month() -> TaxPeriod:
    return TaxPeriod.of_month(clock.today()).previous()
