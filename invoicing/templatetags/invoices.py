"""Template tags of invoices."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from invoicing.models import Invoice
from invoicing.presentation import ListRow
from invoicing.state_words import state_tag
from taxhall.common.templatetags.hall import status_tag

register = template.Library()


@register.simple_tag
def invoice_state(invoice: Invoice) -> SafeString:
    """Show the state of an invoice as icon and word."""
    tag = state_tag(invoice)
    return status_tag(tag.tone, tag.word)


# A page holds fifty of each, most of what it shows: drawn here they cost a third of what a template takes.
_ROW = (
    '<tr><td><input type="checkbox" name="pk" value="{pk}" aria-label="{pick}"></td>'
    '<th scope="row" class="code"><a href="{pk}/">{head}</a>{code}</th><td class="nowrap">{dated_on}</td>'
    '<td>{kind}</td><td>{buyer_name}</td><td class="num">{amount}</td><td class="num">{tax}</td>'
    '<td class="num">{total}</td><td>{state}</td></tr>'
)
_CARD = (
    '<li><p class="card-head"><input type="checkbox" name="pk" value="{pk}" aria-label="{pick}">'
    '<a href="{pk}/">{head}</a><span class="num">{total}</span></p><p>{buyer_name}</p>'
    "<p>{dated_on} · {kind}</p><p>{state}</p></li>"
)


@register.simple_tag
def invoice_rows(rows: list[ListRow]) -> SafeString:
    """Draw the list as rows of its table."""
    return _drawn(_ROW, rows)


@register.simple_tag
def invoice_cards(rows: list[ListRow]) -> SafeString:
    """Draw the same list as cards, for narrow screens."""
    return _drawn(_CARD, rows)


def _drawn(pattern: str, rows: list[ListRow]) -> SafeString:
    # Every cell of a ListRow is a SafeString or a key: looking at each of a thousand again took half of the time in
    # which the page is drawn.
    return SafeString("".join([pattern.format_map(row) for row in rows]))


@register.simple_tag
def problem_target(problem: Any) -> str:
    """Return the element of the editing page that a problem is about."""
    field = problem.field
    return "line-0" if field in ("lines", "device") else f"id_{field}"
