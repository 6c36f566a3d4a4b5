"""The return from the list to the receipt: begin, fill in, check, submit, void."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.choices import PeriodKind
from filing import policies, presentation, selectors, services
from filing.choices import ReturnStatus
from filing.errors import ReturnChangedError, ReturnIncompleteError, ReturnNotDraftError
from filing.forms import PostedCells, VoidForm, read_cells
from filing.http import TaxpayerRequest
from filing.models import TaxReturn
from filing.rules.comparison.base import Finding
from filing.rules.computation import Sheet
from filing.services.corrections import correction_obstacle
from filing.services.returns import void_obstacle
from taxhall.common import clock
from taxhall.common.errors import ConflictError, InvalidInputError, NotFoundError
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required, whole_number


@require_safe
@taxpayer_required
def return_list(request: TaxpayerRequest) -> HttpResponse:
    """Show what is due (本期应申报) and what was filed before."""
    today = clock.today()
    due = [
        {
            "due": each,
            "title": selectors.form_title(request.taxpayer, each.period),
            "words": presentation.return_words(each.tax_return, is_overdue=each.is_overdue),
            "is_zero": selectors.is_nothing_sold(taxpayer=request.taxpayer, period=each.period),
        }
        for each in selectors.due_returns(taxpayer=request.taxpayer, today=today)
    ]
    filed = selectors.list_returns(visible_to=request.user, taxpayer=request.taxpayer).exclude(submitted_at=None)
    filed = filed.prefetch_related("payments")
    month = TaxPeriod.of_month(today).previous()
    context = {
        "due": due,
        "others": selectors.other_returns(taxpayer=request.taxpayer, period=month),
        "month": month,
        "is_quarterly": selectors.period_kinds(request.taxpayer).on(today) == PeriodKind.QUARTERLY,
        "filed": [(each, presentation.return_words(each)) for each in filed[:24]],
        "rest": selectors.find_rest(taxpayer=request.taxpayer, today=today),
        "ready": selectors.ready_returns(taxpayer=request.taxpayer, today=today),
        "can_file": policies.can_start_return(request.user, request.taxpayer),
    }
    return render(request, "filing/return_list.html", context)


@require_POST
@taxpayer_required
def return_create(request: TaxpayerRequest) -> HttpResponse:
    """Begin a return; a zero return goes straight to its check page."""
    try:
        period = TaxPeriod.parse(request.POST.get("period", ""))
    except ValueError as error:
        raise NotFoundError(_("没有这个所属期。"), next_step=_("请从“本期应申报”列表进入。")) from error
    tax = request.POST.get("tax", "vat")
    tax_return = services.start_return(actor=request.user, taxpayer=request.taxpayer, period=period, tax=tax)
    if not tax_return.is_draft:
        return redirect("filing:return-detail", tax_return.pk)
    page = "filing:return-check" if request.POST.get("zero") else "filing:return-edit"
    return redirect(page, tax_return.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def return_edit(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Fill in one part of a draft; saved by button, and by htmx while it is typed."""
    tax_return = _return(request, pk)
    if not tax_return.is_draft:
        return redirect("filing:return-detail", pk)
    if request.method != "POST":
        return _show_form(request, tax_return, selectors.current_sheet(tax_return))
    return _save(request, tax_return)


def _save(request: TaxpayerRequest, tax_return: TaxReturn) -> HttpResponse:
    posted = read_cells(selectors.definition_of(tax_return), request.POST.dict())
    if posted.errors:
        return _show_form(request, tax_return, selectors.current_sheet(tax_return), posted, status=422)
    try:
        version = whole_number(request.POST.get("version", ""))
        saved = services.save_return(actor=request.user, tax_return=tax_return, version=version, entries=posted.entries)
    except (ReturnChangedError, InvalidInputError) as error:
        return _show_unsaved(request, tax_return, posted, error)
    if request.htmx:
        return _show_saved(request, saved)
    messages.success(request, _("已保存。"))
    target = request.POST.get("go", "")
    if target == "check":
        return redirect("filing:return-check", tax_return.pk)
    return redirect(f"{request.path}?part={target or _part(request, saved)}")


def _show_unsaved(
    request: TaxpayerRequest, tax_return: TaxReturn, posted: PostedCells, error: ConflictError | InvalidInputError
) -> HttpResponse:
    entries = {**selectors.stored_entries(tax_return), **posted.entries}
    sheet = selectors.current_sheet(tax_return, {key: each for key, each in entries.items() if each.value is not None})
    return _show_form(request, tax_return, sheet, posted, error=error, status=error.status)


def _show_form(
    request: TaxpayerRequest,
    tax_return: TaxReturn,
    sheet: Sheet,
    posted: PostedCells | None = None,
    *,
    error: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    posted = posted or PostedCells()
    context = _form_context(request, tax_return, sheet, posted)
    template = "filing/_return_saved.html" if request.htmx else "filing/return_form.html"
    return render(request, template, {**context, "error": error}, status=status)


def _show_saved(request: TaxpayerRequest, tax_return: TaxReturn) -> HttpResponse:
    context = _form_context(request, tax_return, selectors.current_sheet(tax_return), PostedCells())
    return render(request, "filing/_return_saved.html", {**context, "saved_at": clock.now()})


def _form_context(
    request: TaxpayerRequest, tax_return: TaxReturn, sheet: Sheet, posted: PostedCells
) -> dict[str, object]:
    parts = sheet.definition.schedules
    part = sheet.definition.schedule(_part(request, tax_return))
    following = parts[parts.index(part) + 1 :]
    return {
        "tax_return": tax_return,
        "sheet": sheet,
        "parts": parts,
        "part": part,
        "next_part": following[0] if following else None,
        "sections": presentation.sections(sheet, part, posted.texts, posted.errors, request.GET.get("at", "")),
        "field_errors_list": [(presentation.cell_id(key), text) for key, text in posted.errors.items()],
        "problems": presentation.problem_views(sheet),
        "sums": presentation.sums(sheet),
        "deadline": selectors.deadline_for(tax_return.period, bureau=request.taxpayer.bureau),
        "can_file": policies.can_change_return(request.user, tax_return),
    }


def _part(request: HttpRequest, tax_return: TaxReturn) -> str:
    codes = [each.code for each in selectors.definition_of(tax_return).schedules]
    asked = request.POST.get("part") or request.GET.get("part", "")
    return asked if asked in codes else codes[0]


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def return_check(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show the whole return with its checks, and file exactly what was shown."""
    tax_return = _return(request, pk)
    if request.method != "POST":
        if not tax_return.is_draft:
            return redirect("filing:return-detail", pk)
        return _show_check(request, tax_return)
    try:
        services.submit_return(
            actor=request.user,
            tax_return=tax_return,
            key=request.POST.get("key", ""),
            digest=request.POST.get("digest", ""),
        )
    except (ReturnChangedError, ReturnIncompleteError) as error:
        return _show_check(request, tax_return, error)
    except ReturnNotDraftError as error:
        messages.warning(request, str(error.message))
    return redirect("filing:return-detail", pk)


def _show_check(
    request: TaxpayerRequest, tax_return: TaxReturn, error: ReturnChangedError | ReturnIncompleteError | None = None
) -> HttpResponse:
    sheet = selectors.current_sheet(tax_return)
    old = tax_return.corrects
    context = {
        "tax_return": tax_return,
        "sheet": sheet,
        "old": old,
        "changes": presentation.changes(selectors.current_sheet(old), sheet) if old else [],
        "grids": [presentation.grid(sheet, part) for part in sheet.definition.schedules],
        "problems": presentation.problem_views(sheet),
        "findings": _preview(tax_return, sheet),
        "sums": presentation.sums(sheet),
        "deadline": selectors.deadline_for(tax_return.period, bureau=request.taxpayer.bureau),
        "can_file": policies.can_change_return(request.user, tax_return),
        "today": clock.today(),
        "error": error,
    }
    return render(request, "filing/return_check.html", context, status=error.status if error else 200)


def _preview(tax_return: TaxReturn, sheet: Sheet) -> list[Finding]:
    if sheet.definition.tax != "vat":
        return []
    return [
        each for each in selectors.preview_comparison(tax_return, sheet) if each.rule.code not in ("R0", "T0", "S1")
    ]


@require_safe
@taxpayer_required
def return_detail(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Show a filed return: receipt, state, next step, the whole form as filed; a draft opens its form."""
    tax_return = _return(request, pk)
    if tax_return.is_draft:
        return redirect("filing:return-edit", pk)
    sheet = selectors.current_sheet(tax_return)
    month = TaxPeriod.of_month(tax_return.period_end)
    context = {
        "tax_return": tax_return,
        "receipt": tax_return.receipt,
        "form_title": sheet.definition.title,
        "is_vat": sheet.definition.tax == "vat",
        "old": tax_return.corrects,
        "replaced_by": tax_return.corrections.exclude(status=ReturnStatus.DRAFT).first(),
        "can_correct": not correction_obstacle(tax_return) and policies.can_change_return(request.user, tax_return),
        "words": presentation.return_words(tax_return),
        "is_settled": selectors.is_settled(tax_return),
        "payment": selectors.find_payment(tax_return),
        "paid_fee": selectors.received_fee(tax_return),
        "comparison": selectors.latest_comparison(taxpayer=tax_return.taxpayer, period=month),
        "month": month,
        "grids": [presentation.grid(sheet, part) for part in sheet.definition.schedules],
        "can_void": not void_obstacle(tax_return) and policies.can_change_return(request.user, tax_return),
    }
    return render(request, "filing/return_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@taxpayer_required
def return_void(request: TaxpayerRequest, pk: int) -> HttpResponse:
    """Void a filed return, after saying what that means and why."""
    tax_return = _return(request, pk)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.void_return(actor=request.user, tax_return=tax_return, reason=form.cleaned_data["reason"])
        messages.success(request, _("申报表已作废，可以重新申报本期。"))
        return redirect("filing:return-list")
    context = {"tax_return": tax_return, "form": form, "obstacle": void_obstacle(tax_return)}
    return render(request, "filing/return_void.html", context, status=422 if form.errors else 200)


def _return(request: TaxpayerRequest, pk: int) -> TaxReturn:
    return selectors.get_return(visible_to=request.user, taxpayer=request.taxpayer, pk=pk)
