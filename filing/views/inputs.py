"""The input side: vouchers of a month, entry one by one or from a file, ticks, transfers."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from filing import policies, selectors, services
from filing.choices import TickState, VoucherKind
from filing.errors import InputLockedError
from filing.http import TaxpayerRequest
from filing.input_forms import HEADER, TEMPLATE_NAME, ImportForm, TransferForm, VoucherForm, template
from filing.models import InputVoucher
from taxhall.common import clock
from taxhall.common.errors import InvalidInputError, NotFoundError
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required, whole_number

_MOST_SHOWN = 300


@require_safe
@taxpayer_required
def input_list(request: TaxpayerRequest) -> HttpResponse:
    """Show a month's vouchers with their ticks, and what is transferred out."""
    return _show(request, _month(request.GET.get("month", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def input_create(request: TaxpayerRequest) -> HttpResponse:
    """Enter one voucher."""
    form = VoucherForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_vouchers(actor=request.user, taxpayer=request.taxpayer, drafts=[form.draft()])
        except InvalidInputError as error:
            told = [str(text) for texts in error.fields.values() for text in texts]
            form.add_error(None, told or [str(error.message)])
        else:
            messages.success(request, _("已录入；抵扣之前还要勾选。"))
            return redirect(_address(_showing(form.draft().dated_on)))
    return render(request, "filing/input_create.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def input_import(request: TaxpayerRequest) -> HttpResponse:
    """Enter vouchers from a file, all or none, naming every row that does not do."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            rows = services.add_vouchers(
                actor=request.user, taxpayer=request.taxpayer, drafts=form.cleaned_data["drafts"]
            )
        except InvalidInputError as error:
            lines = form.cleaned_data["lines"]
            form.add_error(None, [_row_text(lines[int(row) - 1], texts) for row, texts in error.fields.items()])
        else:
            messages.success(request, _("已导入 %(count)s 张凭证；抵扣之前还要勾选。") % {"count": len(rows)})
            return redirect(_address(_showing(max(row.dated_on for row in rows))))
    context = {"form": form, "kinds": VoucherKind.labels, "columns": HEADER, "template_name": TEMPLATE_NAME}
    return render(request, "filing/input_import.html", context, status=422 if form.errors else 200)


@require_safe
@taxpayer_required
def input_template(request: TaxpayerRequest) -> FileResponse:  # noqa: ARG001  (every view takes a request)
    """Hand out a file to begin with."""
    return FileResponse(io.BytesIO(template()), as_attachment=True, filename=TEMPLATE_NAME)


def _row_text(line: int, texts: Any) -> str:
    return _("文件第 %(row)s 行：%(text)s") % {"row": line, "text": "；".join(map(str, texts))}


@require_POST
@taxpayer_required
def input_tick(request: TaxpayerRequest) -> HttpResponse:
    """Tick the chosen vouchers for deduction or not, or take the ticks back."""
    month, chosen = _month(request.POST.get("month", "")), _chosen(request)
    try:
        rows = services.tick_vouchers(
            actor=request.user, taxpayer=request.taxpayer, period=month, pks=chosen, state=request.POST.get("state", "")
        )
    except (InvalidInputError, InputLockedError) as error:
        return _show(request, month, chosen=chosen, error=error, status=error.status)
    words = TickState(request.POST["state"]).label if request.POST["state"] != TickState.OPEN else _("撤销勾选")
    sums = _sums(request, month, [row.pk for row in rows])
    messages.success(request, _("%(act)s %(sums)s，申报表已按此预填。") % {"act": words, "sums": sums.words})
    return redirect(_address(month))


@require_POST
@taxpayer_required
def input_chosen(request: TaxpayerRequest) -> HttpResponse:
    """Sum what is chosen and change nothing: the sum alone, or the page again where there is no script."""
    month, chosen = _month(request.POST.get("month", "")), _chosen(request)
    if request.htmx:
        return render(request, "filing/_chosen_sums.html", {"chosen_sums": _sums(request, month, chosen)})
    if "all" in request.POST:
        chosen = [row.pk for row in _vouchers(request, month)[:_MOST_SHOWN]]
    return _show(request, month, chosen=chosen)


def _chosen(request: TaxpayerRequest) -> list[int]:
    return [whole_number(pk) for pk in request.POST.getlist("voucher")]


def _sums(request: TaxpayerRequest, month: TaxPeriod, chosen: Iterable[int]) -> selectors.ChosenSums:
    return selectors.chosen_sums(visible_to=request.user, taxpayer=request.taxpayer, period=month, pks=chosen)


def _vouchers(request: TaxpayerRequest, month: TaxPeriod) -> QuerySet[InputVoucher]:
    return selectors.list_vouchers(visible_to=request.user, taxpayer=request.taxpayer, period=month)


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def transfer_create(request: TaxpayerRequest) -> HttpResponse:
    """Record input tax that is transferred out."""
    month = _month(request.POST.get("month") or request.GET.get("month", ""))
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_transfer(actor=request.user, taxpayer=request.taxpayer, period=month, **form.cleaned_data)
        except (InvalidInputError, InputLockedError) as error:
            form.add_domain_error(error)
        else:
            messages.success(request, _("已登记进项税额转出。"))
            return redirect(_address(month))
    context = {"form": form, "month": month}
    return render(request, "filing/transfer_create.html", context, status=422 if form.errors else 200)


@require_POST
@taxpayer_required
def transfer_cancel(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Take a transfer back while its month is not filed."""
    transfer = selectors.get_transfer(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
    month = TaxPeriod.of_month(transfer.period_start)
    try:
        services.cancel_transfer(actor=request.user, transfer=transfer)
    except InputLockedError as error:
        return _show(request, month, error=error, status=error.status)
    messages.success(request, _("已撤销这笔转出。"))
    return redirect(_address(month))


def _show(
    request: TaxpayerRequest,
    month: TaxPeriod,
    *,
    chosen: Iterable[int] | None = None,
    error: InvalidInputError | InputLockedError | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = selectors.find_return(taxpayer=request.taxpayer, period=month)
    vouchers = _vouchers(request, month)
    may_file = policies.can_start_return(request.user, request.taxpayer)
    context = {
        "month": month,
        "previous": month.previous(),
        "next": month.next(),
        "vouchers": vouchers[:_MOST_SHOWN],
        "more": max(0, vouchers.count() - _MOST_SHOWN),
        "chosen": frozenset(chosen or ()),
        "chosen_sums": None if chosen is None else _sums(request, month, chosen),
        "transfers": selectors.list_transfers(visible_to=request.user, taxpayer=request.taxpayer, period=month),
        "red_transfers": selectors.red_transfers(taxpayer=request.taxpayer, period=month),
        "sums": selectors.input_sums(taxpayer=request.taxpayer, period=month),
        "standing": standing,
        "correction": selectors.find_correction(standing) if standing else None,
        "can_file": may_file,
        "can_change": may_file and not selectors.is_closed(taxpayer=request.taxpayer, period=month),
        "error": error,
    }
    return render(request, "filing/input_list.html", context, status=status)


def _month(code: str) -> TaxPeriod:
    if not code:
        return TaxPeriod.of_month(clock.today()).previous()
    try:
        month = TaxPeriod.parse(code)
    except ValueError as error:
        raise NotFoundError(_("没有这个月份。"), next_step=_("请从“进项发票”进入。")) from error
    if month.month_count != 1:
        raise NotFoundError(_("没有这个月份。"), next_step=_("请从“进项发票”进入。"))
    return month


def _showing(dated_on: date) -> TaxPeriod:
    """Return the month whose page shows a voucher of this day: the one that is being filed, or a later one."""
    return max(_month(""), TaxPeriod.of_month(dated_on), key=lambda month: month.start)


def _address(month: TaxPeriod) -> str:
    return f"{reverse('filing:input-list')}?month={month.code}"
