"""Reads of what can be printed, what was, and how a printer is off."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Taxpayer, User
from invoicing.models import Invoice, InvoicePrint, PrinterNudge
from invoicing.selectors.lists import visible_invoices
from taxhall.common.periods import TaxPeriod


def printable_invoices(*, visible_to: User, taxpayer: Taxpayer, pks: Sequence[int]) -> list[Invoice]:
    """Return the numbered ones of these invoices with their faces, by kind and number; others are passed over."""
    found = visible_invoices(visible_to=visible_to, taxpayer=taxpayer).numbered().filter(pk__in=pks)
    return list(found.with_face().order_by("kind", "code", "number"))


def period_faces(*, taxpayer: Taxpayer, period: TaxPeriod, is_new_only: bool = False) -> list[Invoice]:
    """Return a period's numbered invoices with their faces, for an operator; the unprinted ones only if so asked."""
    found = Invoice.objects.filter(taxpayer=taxpayer).numbered().in_period(period)
    found = found.not_printed() if is_new_only else found
    return list(found.with_face().order_by("kind", "code", "number"))


def list_prints(invoice: Invoice) -> list[InvoicePrint]:
    """Return when an invoice was printed and by whom, the last one first."""
    return list(InvoicePrint.objects.filter(invoice=invoice).select_related("printed_by").order_by("-ordinal"))


def last_prints(invoices: Sequence[Invoice]) -> list[InvoicePrint]:
    """Return the last print of each of these invoices, with how many there were."""
    pks = [invoice.pk for invoice in invoices]
    found = InvoicePrint.objects.filter(invoice__in=pks).select_related("printed_by", "invoice")
    return list(found.order_by("invoice_id", "-ordinal").distinct("invoice_id"))


def find_nudge(user: User) -> PrinterNudge:
    """Return how far the person's printer is off; nothing when they never said."""
    return PrinterNudge.objects.filter(user=user).first() or PrinterNudge(user=user)
