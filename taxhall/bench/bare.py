"""The floor of a page: one query and one bare table."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.template import engines

from invoicing.models import Invoice

BARE_PATH = "/bare/"
ROWS = 50
# What a first sketch of the page would be: one query, one table, no layout, nothing said in words.
BARE_TEMPLATE = """<!doctype html><html><head><meta charset="utf-8"><title>发票</title></head><body><table>
{% for row in rows %}<tr><td>{{ row.code }}</td><td>{{ row.number }}</td><td>{{ row.kind }}</td>
<td>{{ row.dated_on|date:"Y-m-d" }}</td><td>{{ row.buyer_name }}</td><td>{{ row.buyer_number }}</td>
<td>{{ row.amount }}</td><td>{{ row.tax }}</td><td>{{ row.total }}</td><td>{{ row.state }}</td></tr>
{% endfor %}</table></body></html>"""


class BareHandler(WSGIHandler):
    """Django's own handler with one view and without a single middleware."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002  (Django names it)
        """Put the view where the chain of middleware would be."""
        self._middleware_chain = bare_list


def bare_list(request: HttpRequest) -> HttpResponse:
    """Show the newest 50 invoices of a company through a bare template."""
    rows = Invoice.objects.filter(taxpayer=int(request.GET["taxpayer"])).order_by("-dated_on", "-id")[:ROWS]
    return HttpResponse(_template().render({"rows": rows}))


@cache
def _template() -> Any:
    # Compiled once, as Django's cached loader does with templates in files.
    return engines["django"].from_string(BARE_TEMPLATE)
