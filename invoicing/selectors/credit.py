"""Reads of the monthly credit for digital invoices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from invoicing.models import CreditChange, CreditMonth, InvoiceCredit


def credit_month(*, taxpayer: Taxpayer, day: date) -> CreditMonth | None:
    """Return the credit of the day's month, not yet stored when nothing was issued in it; None when none is granted."""
    month = day.replace(day=1)
    found = CreditMonth.objects.filter(taxpayer=taxpayer, month=month).first()
    if found is not None:
        return found
    credit = InvoiceCredit.objects.filter(taxpayer=taxpayer).first()
    return None if credit is None else CreditMonth(taxpayer=taxpayer, month=month, base=credit.amount)


def has_credit(taxpayer: Taxpayer) -> bool:
    """Say whether the bureau granted the company a credit at all."""
    return InvoiceCredit.objects.filter(taxpayer=taxpayer).exists()


@dataclass(frozen=True)
class CreditRow:
    """One company of the list of credits."""

    taxpayer: Taxpayer
    month: CreditMonth | None


def list_credits(*, visible_to: User, text: str = "") -> QuerySet[Taxpayer]:
    """Return the taxpayers of an officer's district by name or number, those that have a credit first."""
    found = account_selectors.list_taxpayers(visible_to=visible_to).select_related("invoice_credit")
    if text:
        found = found.filter(Q(name__icontains=text) | Q(number__istartswith=text))
    return found.order_by(F("invoice_credit__pk").asc(nulls_last=True), "number")


def credit_rows(taxpayers: Iterable[Taxpayer], *, day: date) -> list[CreditRow]:
    """Return the month of each, read at once; the taxpayers come from list_credits."""
    rows = list(taxpayers)
    month = day.replace(day=1)
    kept = {row.taxpayer_id: row for row in CreditMonth.objects.filter(taxpayer__in=rows, month=month)}
    return [CreditRow(each, kept.get(each.pk) or _fresh(each, month)) for each in rows]


def _fresh(taxpayer: Taxpayer, month: date) -> CreditMonth | None:
    credit: InvoiceCredit | None = getattr(taxpayer, "invoice_credit", None)
    return None if credit is None else CreditMonth(taxpayer=taxpayer, month=month, base=credit.amount)


def list_credit_changes(*, visible_to: User, taxpayer: Taxpayer) -> QuerySet[CreditChange]:
    """Return what officers changed for a company, newest first."""
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return CreditChange.objects.none()
    return CreditChange.objects.filter(taxpayer=taxpayer).select_related("made_by")
