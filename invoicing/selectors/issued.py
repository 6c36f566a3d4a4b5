"""What the hall knows of an invoice by its number, for the buyer's side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.db.models.functions import Collate

from accounts.models import Taxpayer
from invoicing.choices import DEDUCTIBLE_KINDS, InvoiceState
from invoicing.models import Invoice


@dataclass(frozen=True)
class IssuedFacts:
    """The face of one issued invoice, as far as its buyer's voucher must repeat it."""

    buyer_number: str
    dated_on: date
    amount: Decimal
    tax: Decimal
    is_special: bool
    is_voided: bool
    is_taken_back: bool


def find_issued(*, numbers: Iterable[str]) -> dict[tuple[str, str], IssuedFacts]:
    """Return the numbered invoices with these numbers by code and number, whoever issued them.

    For the hall's own checks only: who asks must not be told of invoices that are not theirs.
    """
    rows = Invoice.objects.numbered().filter(number__in=set(numbers)).order_by()
    return {
        (row.code, row.number): IssuedFacts(
            buyer_number=row.buyer_number,
            dated_on=row.dated_on,
            amount=row.amount,
            tax=row.tax,
            is_special=row.kind in DEDUCTIBLE_KINDS,
            is_voided=row.state == InvoiceState.VOIDED,
            is_taken_back=bool(row.red_amount) and row.red_amount == row.amount,
        )
        for row in rows
        if row.dated_on is not None
    }


def own_numbers(*, taxpayer: Taxpayer, numbers: Iterable[str]) -> set[tuple[str, str]]:
    """Return which of these numbers a company issued, by code and number; voided ones may well be issued anew."""
    # The words of the index, so that it is used for as many numbers as a batch has.
    own = Invoice.objects.numbered().filter(~Q(number=""), taxpayer=taxpayer).exclude(state=InvoiceState.VOIDED)
    found = own.annotate(plain=Collate("number", "C")).filter(plain__in=set(numbers))
    return set(found.order_by().values_list("code", "number"))


def first_numbered(*, taxpayer_id: int, first: date, last: date) -> Invoice | None:
    """Return the first invoice with a number that a company dated between two days, voided ones included."""
    found = Invoice.objects.numbered().filter(taxpayer=taxpayer_id, dated_on__range=(first, last))
    return found.order_by("dated_on", "pk").first()
