"""Reports on screen and as files."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from invoicing import policies, selectors, services
from invoicing.forms import ReportForm, SubscriptionForm
from invoicing.http import TaxpayerRequest
from invoicing.reports import BY_NAME, REPORTS, SHOWN_ROWS, Asked, Report
from taxhall.common import clock
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod
from taxhall.common.sheets import MEDIA_TYPES, FileFormat, printed
from taxhall.common.web import taxpayer_required

FILES_SHOWN = 60


@require_safe
@taxpayer_required
def report_list(request: TaxpayerRequest) -> HttpResponse:
    """Offer the reports; show what is made every month and the files."""
    return _show_list(request, SubscriptionForm())


def _show_list(request: TaxpayerRequest, form: SubscriptionForm, *, status: int = 200) -> HttpResponse:
    who: dict[str, Any] = {"visible_to": request.user, "taxpayer": request.taxpayer}
    context = {
        "reports": REPORTS,
        "period": _last_month(),
        "form": form,
        "can_subscribe": policies.can_subscribe_report(request.user, request.taxpayer),
        "subscriptions": [(each, _title(each.report)) for each in selectors.list_report_subscriptions(**who)],
        "files": [
            (each, _title(each.report), TaxPeriod.parse(each.period))
            for each in selectors.list_report_files(**who)[:FILES_SHOWN]
        ],
    }
    return render(request, "invoicing/report_list.html", context, status=status)


def _title(name: str) -> str:
    return str(BY_NAME[name].title) if name in BY_NAME else name


@require_safe
@taxpayer_required
def report_show(request: TaxpayerRequest, name: str) -> HttpResponse:
    """Show one report of a month; of a long list its beginning, and how long it is."""
    report = _report(name)
    form = ReportForm(request.GET if "period" in request.GET else {"period": _last_month().code})
    context: dict[str, Any] = {"report": report, "form": form, "formats": FileFormat.choices, "months": _quick_months()}
    if not form.is_valid():
        return render(request, "invoicing/report_show.html", context, status=422)
    asked = Asked(request.taxpayer, form.cleaned_data["period"], str(request.user))
    rows = report.count(asked) if report.count else None
    context |= {
        "period": asked.period,
        "book": _shown(report, asked),
        "chart": report.chart(asked) if report.chart else None,
        "rows": rows,
        "hidden": max(0, (rows or 0) - SHOWN_ROWS),
        "shown_rows": SHOWN_ROWS,
    }
    return render(request, "invoicing/report_show.html", context)


def _shown(report: Report, asked: Asked) -> dict[str, Any]:
    book = report.book(asked)
    if report.count is not None:
        book = replace(
            book, tables=tuple(replace(each, rows=list(islice(each.rows, SHOWN_ROWS))) for each in book.tables)
        )
    return printed(book)


@require_safe
@taxpayer_required
def report_export(request: TaxpayerRequest, name: str) -> HttpResponseBase:
    """Hand out one report as a file, with the same figures as on the page."""
    _report(name)
    form, file_format = ReportForm(request.GET), request.GET.get("format", "")
    if not form.is_valid() or file_format not in FileFormat.values:
        raise NotFoundError(_("没有这样的文件。"), next_step=_("请在报表页面选择所属期和格式。"))
    target, period = BytesIO(), form.cleaned_data["period"]
    services.export_report(
        actor=request.user,
        taxpayer=request.taxpayer,
        name=name,
        period=period,
        file_format=file_format,
        target=target,
    )
    target.seek(0)
    return _file(target, name=f"{_title(name)}-{period.code}", file_format=file_format)


@require_POST
@taxpayer_required
def report_subscribe(request: TaxpayerRequest) -> HttpResponse:
    """Have a report made every month."""
    form = SubscriptionForm(request.POST)
    if not form.is_valid():
        return _show_list(request, form, status=422)
    services.subscribe_report(
        actor=request.user,
        taxpayer=request.taxpayer,
        name=form.cleaned_data["report"],
        file_format=form.cleaned_data["file_format"],
    )
    messages.success(request, _("已订阅。上月的文件会在一小时内生成，以后每月初自动生成，并发消息通知。"))
    return redirect("invoicing:report-list")


@require_POST
@taxpayer_required
def report_unsubscribe(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Stop making a report every month."""
    found = selectors.get_report_subscription(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    services.end_report_subscription(actor=request.user, subscription=found)
    messages.success(request, _("已退订，已经生成的文件仍可下载。"))
    return redirect("invoicing:report-list")


@require_safe
@taxpayer_required
def report_file(request: TaxpayerRequest, pk: int) -> HttpResponseBase:
    """Hand out a file that was made before."""
    found = selectors.get_report_file(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    name = f"{_title(found.report)}-{found.period}"
    return _file(BytesIO(bytes(found.content)), name=name, file_format=found.file_format)


def _file(content: BytesIO, *, name: str, file_format: str) -> FileResponse:
    return FileResponse(
        content,
        as_attachment=True,
        filename=f"{name}.{file_format}",
        content_type=MEDIA_TYPES[FileFormat(file_format)],
        headers={"Cache-Control": "private, no-store"},
    )


def _report(name: str) -> Report:
    if name not in BY_NAME:
        raise NotFoundError(_("没有这种报表。"), next_step=_("请从报表列表中选择。"))
    return BY_NAME[name]


def _quick_months() -> tuple[tuple[str, TaxPeriod], ...]:
    """Return the months that are asked for most: the running one and the one that is closed next."""
    return ((_("本月"), _last_month().next()), (_("上月"), _last_month()))


def _last_month() -> TaxPeriod:
    return TaxPeriod.of_month(clock.today()).previous()
