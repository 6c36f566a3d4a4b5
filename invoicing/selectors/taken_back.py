"""What sellers took back of invoices, or may take back by agreement, for the buyer's input side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone

from accounts.models import Taxpayer
from devices.choices import InvoiceKind
from invoicing.choices import ConfirmationState, InvoiceState
from invoicing.models import Invoice, RedConfirmation


@dataclass(frozen=True)
class TakenBack:
    """One confirmation, red form or red invoice: whose number it is told by, and the tax it takes back of which."""

    code: str
    number: str
    notice: str
    has_notice: bool
    tax: Decimal
    on: date


def list_taken_back(*, buyer: Taxpayer, invoices: Iterable[tuple[str, str]]) -> list[TakenBack]:
    """Return what was taken back of these invoices to a buyer, by code and number, each once, the first first.

    Rule: of a digital invoice the agreed confirmation counts from its day, whether or not the red invoice is issued
    yet (国家税务总局公告2024年第11号); of any other the signed red invoice.
    """
    keys = set(invoices)
    found = Invoice.objects.filter(
        # All kinds: they lead the index of numbers.
        kind__in=InvoiceKind.values,
        code__in={code for code, _number in keys},
        number__in={number for _code, number in keys},
        buyer_number=buyer.number,
    )
    blues = {row.pk: row for row in found.order_by() if (row.code, row.number) in keys}
    return sorted((*_agreed(blues), *_signed(blues)), key=lambda each: (each.on, each.notice))


def _agreed(blues: dict[int, Invoice]) -> Iterator[TakenBack]:
    standing = (ConfirmationState.CONFIRMED, ConfirmationState.USED)
    for row in RedConfirmation.objects.filter(blue__in=blues, state__in=standing):
        blue, day = blues[row.blue_id], timezone.localdate(row.answered_at or row.created_at)
        yield TakenBack(blue.code, blue.number, row.number, True, row.tax, day)


def _signed(blues: dict[int, Invoice]) -> Iterator[TakenBack]:
    reds = Invoice.objects.numbered().filter(blue__in=blues).exclude(state=InvoiceState.VOIDED)
    for red in reds.filter(red_confirmation__isnull=True).select_related("red_form").order_by():
        blue = blues[red.blue_id or 0]
        notice = red.full_number if red.red_form is None else red.red_form.number
        yield TakenBack(blue.code, blue.number, notice, red.red_form is not None, -red.tax, red.dated_on)
