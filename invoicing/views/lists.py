"""The list of invoices."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from invoicing import presentation, selectors
from invoicing.forms import FilterForm
from invoicing.http import TaxpayerRequest
from taxhall.common import clock
from taxhall.common.keyset import keyset_page
from taxhall.common.periods import TaxPeriod
from taxhall.common.web import taxpayer_required

PAGE_SIZE = 50


@require_safe
@taxpayer_required
def invoice_list(request: TaxpayerRequest) -> HttpResponse:
    """Show the invoices of the company in sight; filters are GET, so an address is a list."""
    params = request.GET or QueryDict(f"period={TaxPeriod.of_month(clock.today()).code}")
    form, drawn = _look(params) if request.GET else _first_look(get_language(), params.urlencode())
    filters = form.filters()
    found = selectors.list_invoices(visible_to=request.user, taxpayer=request.taxpayer, filters=filters)
    totals = selectors.list_totals(taxpayer=request.taxpayer, filters=filters, found=found)
    wanted = found.only(*presentation.LIST_COLUMNS)
    page = keyset_page(wanted, order=filters.order, size=PAGE_SIZE, cursor=request.GET.get("from", ""))
    query = request.GET.copy()
    query.pop("from", None)
    context = {
        "form": form,
        "filters": drawn,
        "page_obj": page,
        "rows": presentation.list_rows(page.rows),
        "query": query.urlencode(),
        "caption": presentation.list_caption(period=filters.period, totals=totals),
        "chips": presentation.filter_chips(form, params.copy()),
        "has_drafts": any(row.is_draft for row in page.rows),
        "views": presentation.quick_views(today=clock.today(), current=query),
        "sorts": presentation.sort_links(params.copy(), filters.sort),
    }
    alone = request.htmx and not request.htmx.boosted
    return render(request, "invoicing/_list.html" if alone else "invoicing/invoice_list.html", context)


@lru_cache(maxsize=8)
def _first_look(_language: str | None, query: str) -> tuple[FilterForm, SafeString]:
    # Before anybody has filtered, the form is the same for everybody in a month, and is only read from here on.
    form, draw = _look(QueryDict(query))
    return form, draw()


def _look(params: QueryDict) -> tuple[FilterForm, Callable[[], SafeString]]:
    # Drawn when the template asks for it: htmx gets the list alone.
    form = FilterForm(params)
    form.is_valid()
    return form, partial(render_to_string, "invoicing/_filters.html", {"form": form})
