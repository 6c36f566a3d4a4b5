"""The officers' pages for reports of their district: on screen, and as files after a fresh proof of identity."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services as account_services
from accounts.models import User
from clearcard import services
from clearcard.report_forms import DistrictReportForm
from clearcard.reports.district import BY_NAME, REPORTS, DistrictReport
from invoicing.reports import SHOWN_ROWS
from taxhall.common import clock
from taxhall.common.errors import NotFoundError, TaxhallError
from taxhall.common.periods import TaxPeriod
from taxhall.common.sheets import MEDIA_TYPES, FileFormat, printed
from taxhall.common.web import officer_required


@require_safe
@officer_required
def report_list(request: HttpRequest) -> HttpResponse:
    """Offer the reports of the district."""
    context = {"console_page": "reports", "reports": REPORTS, "period": _last_month()}
    return render(request, "console/report_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_required
def report_show(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show one report of a month; a POST hands it out as a file with the same figures."""
    if name not in BY_NAME:
        raise NotFoundError(_("没有这种报表。"), next_step=_("请从报表列表中选择。"))
    asks_code = not account_services.is_confirmed(request=request)
    usual = {"period": _last_month().code, "file_format": FileFormat.XLSX.value}
    if request.method != "POST":
        data = {**usual, **{key: value for key, value in request.GET.items() if key == "period"}}
        form = DistrictReportForm(data, asks_code=False)
        form.full_clean()
        return _show(request, BY_NAME[name], form, asks_code=asks_code)
    form = DistrictReportForm(request.POST, asks_code=asks_code)
    if not form.is_valid():
        return _show(request, BY_NAME[name], form, asks_code=asks_code)
    try:
        return _export(request, BY_NAME[name], form.cleaned_data)
    except TaxhallError as error:
        form.add_domain_error(error)
        return _show(request, BY_NAME[name], form, asks_code=asks_code, status=error.status)


def _export(request: HttpRequest, report: DistrictReport, data: dict[str, Any]) -> FileResponse:
    account_services.require_confirmed(
        request=request, code=data.get("code", ""), act=f"clearcard.district_report:{report.name}"
    )
    target, period, file_format = BytesIO(), data["period"], data["file_format"]
    services.export_district_report(
        actor=cast(User, request.user), report=report, period=period, file_format=file_format, target=target
    )
    target.seek(0)
    return FileResponse(
        target,
        as_attachment=True,
        filename=f"{report.title}-{period.code}.{file_format}",
        content_type=MEDIA_TYPES[FileFormat(file_format)],
        headers={"Cache-Control": "private, no-store"},
    )


def _show(
    request: HttpRequest, report: DistrictReport, form: DistrictReportForm, *, asks_code: bool, status: int = 0
) -> HttpResponse:
    period = form.cleaned_data.get("period") or _last_month()
    book = report.book(officer=cast(User, request.user), period=period)
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
