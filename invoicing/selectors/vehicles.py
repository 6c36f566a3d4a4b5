"""Reads of vehicle invoices."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q

from invoicing.choices import InvoiceState
from invoicing.models import Invoice, InvoiceVehicle


def find_sold(*, vin: str, but: Invoice) -> Invoice | None:
    """Return the seller's other invoice in force of the same vehicle: neither voided nor wholly taken back."""
    returning = Invoice.objects.filter(blue=OuterRef("pk"), state__in=[InvoiceState.VOIDING, InvoiceState.IN_DOUBT])
    found: Invoice | None = (
        Invoice.objects.filter(vehicle__vin=vin, taxpayer=but.taxpayer_id, blue__isnull=True)
        .exclude(pk=but.pk)
        .exclude(state__in=[InvoiceState.DRAFT, InvoiceState.VOIDED])
        # A red invoice that is being voided brings the blue one back.
        .exclude(Q(red_amount__gt=0, red_amount=F("amount")) & ~Exists(returning))
        .first()
    )
    return found


def find_sold_again(blue: Invoice) -> Invoice | None:
    """Return the invoice under which the vehicle of a blue one was sold anew."""
    vehicle = InvoiceVehicle.objects.filter(invoice=blue.pk).exclude(vin="").first()
    return None if vehicle is None else find_sold(vin=vehicle.vin, but=blue)
