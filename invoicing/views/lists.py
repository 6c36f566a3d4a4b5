"""The list of invoices."""

from __future__ import annotations

from functools import lru_cache

from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from invoicing import presentation, selectors
from invoicing.forms import FilterForm
from invoicing.http import TaxpayerRequest
from invoicing.models import Invoice
from invoicing.querysets import InvoiceQuerySet
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50


@require_safe
@taxpayer_required
def invoice_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the invoices of the company in sight; filters are GET, so an address is a list."""
    params = request.GET or QueryDict(f"period={TaxPeriod.of_month(clock.today()).code}")
    form = FilterForm(params)
    form.is_valid()
    filters = form.filters()
    found = selectors.list_invoices(visible_to=request.user, taxpayer=request.taxpayer, filters=filters)
    totals = selectors.list_totals(found)
    page = _page(found, count=totals.count, number=request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "filters": _draw_filters(form) if request.GET else _usual_filters(get_language(), params.urlencode()),
        "page_obj": page,
        "rows": presentation.list_rows(page),
        "query": query.urlencode(),
        "caption": presentation.list_caption(period=filters.period, count=totals.count, total=totals.total),
        "chips": presentation.filter_chips(form, params.copy()),
        "views": presentation.quick_views(today=clock.today(), current=query),
        "sorts": presentation.sort_links(params.copy(), filters.sort),
    }
    partial = request.htmx and not request.htmx.boosted
    return render(request, "invoicing/_list.html" if partial else "invoicing/invoice_list.html", context)


@lru_cache(maxsize=8)
def _usual_filters(_language: str | None, query: str) -> SafeString:
    # What a first look shows is the same for everybody in a month.
    return _draw_filters(FilterForm(QueryDict(query)))


def _draw_filters(form: FilterForm) -> SafeString:
    return render_to_string("invoicing/_filters.html", {"form": form})


def _page(found: InvoiceQuerySet, *, count: int, number: str | None) -> Page[Invoice]:
    paginator: Paginator[Invoice] = Paginator(found.only(*presentation.LIST_COLUMNS), PAGE_SIZE)
    # The caption's statement has already counted.
    paginator.count = count
    return paginator.get_page(number)
