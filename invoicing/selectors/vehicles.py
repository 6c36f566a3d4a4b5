"""Reads of vehicle invoices."""

from __future__ import annotations

from django.db.models import F, Q

from invoicing.choices import InvoiceState
from invoicing.models import Invoice


def find_sold(*, vin: str, but: Invoice) -> Invoice | None:
    """Return the seller's other invoice in force of the same vehicle: neither voided nor wholly taken back."""
    found: Invoice | None = (
        Invoice.objects.filter(vehicle__vin=vin, taxpayer=but.taxpayer_id, blue__isnull=True)
        .exclude(pk=but.pk)
        .exclude(state__in=[InvoiceState.DRAFT, InvoiceState.VOIDED])
        .exclude(Q(red_amount__gt=0, red_amount=F("amount")))
        .first()
    )
    return found
