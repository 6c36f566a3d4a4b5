"""The pages of the basics: one set for all kinds, and the search of the tax classification."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invoicing import selectors, services
from invoicing.basic_files import WITH_FILES
from invoicing.basics import BASICS, Basic
from invoicing.http import TaxpayerRequest
from taxhall.common.errors import InvalidInputError, NotFoundError
from taxhall.common.forms import HallForm
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50


@require_safe
@taxpayer_required
def basic_list(request: TaxpayerRequest, slug: str) -> HttpResponse:
    """Show the rows of one kind; the search is GET."""
    basic, text = _basic(slug), request.GET.get("q", "")[:100]
    found = selectors.list_basics(visible_to=request.user, taxpayer=request.taxpayer, model=basic.model, text=text)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "basic": basic,
        "basics": BASICS.values(),
        "text": text.strip(),
        "page_obj": page,
        "rows": [(row, basic.cells(row)) for row in page],
        "query": query.urlencode(),
        "has_files": slug in WITH_FILES,
    }
    return render(request, "invoicing/basic_list.html", context)


@require_http_methods(["GET", "POST"])
@taxpayer_required
def basic_edit(request: TaxpayerRequest, slug: str, pk: int | None = None) -> HttpResponse:
    """Write a new row, or change one."""
    basic = _basic(slug)
    row = None
    if pk is not None:
        row = selectors.get_basic(visible_to=request.user, taxpayer=request.taxpayer, model=basic.model, pk=pk)
    if request.method == "POST":
        return _take(request, basic, basic.form(request.POST), pk)
    given = {name: request.GET[name] for name in basic.form.base_fields if name in request.GET}
    return _show(request, basic, basic.form(initial=model_to_dict(row) if row is not None else given), pk)


@require_http_methods(["GET", "POST"])
@taxpayer_required
def basic_remove(request: TaxpayerRequest, slug: str, pk: int) -> HttpResponse:
    """Ask, then remove a row."""
    basic = _basic(slug)
    if request.method == "POST":
        services.remove_basic(actor=request.user, taxpayer=request.taxpayer, model=basic.model, pk=pk)
        messages.success(request, _("已删除。已经开具的发票不受影响。"))
        return redirect("invoicing:basic-list", slug)
    row = selectors.get_basic(visible_to=request.user, taxpayer=request.taxpayer, model=basic.model, pk=pk)
    return render(request, "invoicing/basic_remove.html", {"basic": basic, "row": row})


@require_safe
@taxpayer_required
def tax_code_list(request: TaxpayerRequest) -> HttpResponse:
    """Search the tax classification by characters, pinyin initials or code."""
    text = request.GET.get("q", "")[:100]
    context = {"text": text, "codes": selectors.find_tax_codes(text, limit=PAGE_SIZE)}
    return render(request, "invoicing/tax_code_list.html", context)


def _basic(slug: str) -> Basic:
    if slug not in BASICS:
        raise NotFoundError(_("没有这一类基础资料。"))
    return BASICS[slug]


def _take(request: TaxpayerRequest, basic: Basic, form: HallForm, pk: int | None) -> HttpResponse:
    if not form.is_valid():
        return _show(request, basic, form, pk, status=422)
    try:
        saved = services.save_basic(
            actor=request.user, taxpayer=request.taxpayer, model=basic.model, values=form.cleaned_data, pk=pk
        )
    except InvalidInputError as error:
        form.add_domain_error(error)
        return _show(request, basic, form, pk, status=422)
    words = _("已有相同的资料，已合并为一条。") if saved.is_merged else _("已保存。")
    messages.success(request, words)
    return redirect("invoicing:basic-list", basic.slug)


def _show(request: TaxpayerRequest, basic: Basic, form: HallForm, pk: int | None, *, status: int = 200) -> HttpResponse:
    context = {"basic": basic, "form": form, "pk": pk}
    return render(request, "invoicing/basic_form.html", context, status=status)
