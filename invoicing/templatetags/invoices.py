"""Template tags of invoices."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from invoicing.models import Invoice
from invoicing.presentation import state_tone
from taxhall.common.templatetags.hall import status_tag

register = template.Library()


@register.simple_tag
def invoice_state(invoice: Invoice) -> SafeString:
    """Show the state of an invoice as icon and word."""
    return status_tag(state_tone(invoice.state), invoice.get_state_display())


@register.simple_tag
def problem_target(problem: Any) -> str:
    """Return the element of the editing page that a problem is about."""
    field = problem.field
    return "line-0" if field in ("lines", "device") else f"id_{field}"
