"""Reads of invoices one by one and in lists; visibility is an argument."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from invoicing.choices import InvoiceState
from invoicing.filters import InvoiceFilters
from invoicing.models import Invoice
from invoicing.querysets import InvoiceQuerySet
from taxhall.common.errors import NotFoundError
from taxhall.common.money import ZERO


@dataclass(frozen=True)
class ListTotals:
    """The caption of a list: how many and how much, as SQL says."""

    count: int
    total: Decimal


def visible_invoices(*, visible_to: User, taxpayer: Taxpayer | None = None) -> InvoiceQuerySet:
    """Return the invoices that someone may see, narrowed to one company if given."""
    if taxpayer is None:
        return Invoice.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return Invoice.objects.none()
    return Invoice.objects.filter(taxpayer=taxpayer)


def list_invoices(
    *, visible_to: User, taxpayer: Taxpayer | None = None, filters: InvoiceFilters | None = None
) -> InvoiceQuerySet:
    """Return the invoices that match, newest first."""
    found = visible_invoices(visible_to=visible_to, taxpayer=taxpayer)
    return (filters or InvoiceFilters()).apply(found)


def list_totals(found: InvoiceQuerySet) -> ListTotals:
    """Return count and sum of a list; voided invoices and drafts are counted but add no money."""
    counted = ~Q(state__in=[InvoiceState.VOIDED, InvoiceState.DRAFT])
    row = found.order_by().aggregate(count=Count("pk"), total=Sum("total", filter=counted))
    return ListTotals(count=row["count"], total=row["total"] or ZERO)


def get_invoice(*, visible_to: User, pk: int, taxpayer: Taxpayer | None = None) -> Invoice:
    """Return one invoice with its lines.

    Raises: NotFoundError when it is absent or not to be seen; both look the same.
    """
    found = visible_invoices(visible_to=visible_to, taxpayer=taxpayer).with_face().filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这张发票。"), next_step=_("请从发票列表中选择。"))
    invoice: Invoice = found
    return invoice


def find_by_draft_key(*, taxpayer: Taxpayer, draft_key: uuid.UUID) -> Invoice | None:
    """Return the invoice that a form of this company already made, if any."""
    found: Invoice | None = Invoice.objects.filter(taxpayer=taxpayer, draft_key=draft_key).first()
    return found
