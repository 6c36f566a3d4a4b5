"""What a list of invoices can be narrowed by; page and API share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from invoicing.models import InvoiceLine
from invoicing.querysets import InvoiceQuerySet
from taxhall.common.periods import TaxPeriod

# How a list may be sorted; the empty key is the usual order, newest first.
SORTS: dict[str, tuple[str, ...]] = {
    "": ("-dated_on", "-id"),
    "dated_on": ("dated_on", "id"),
    "total": ("total", "id"),
    "-total": ("-total", "-id"),
}


@dataclass(frozen=True)
class InvoiceFilters:
    """Each field narrows the list; empty ones do not."""

    period: TaxPeriod | None = None
    kind: str = ""
    states: tuple[str, ...] = field(default_factory=tuple)
    buyer: str = ""
    number: str = ""
    rate: str = ""
    device_serial: str = ""
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    not_uploaded: bool = False
    colour: str = ""  # "red", or "reversed": blue ones that a red one takes back
    sort: str = ""

    def apply(self, found: InvoiceQuerySet) -> InvoiceQuerySet:
        """Return the invoices that match all of it."""
        if self.period is not None:
            found = found.in_period(self.period)
        if self.not_uploaded:
            found = found.not_uploaded()
        return found.filter(*self._conditions()).order_by(*SORTS[self.sort])

    def _conditions(self) -> list[Q]:
        wanted: list[Q] = []
        if self.kind:
            wanted.append(Q(kind=self.kind))
        if self.states:
            wanted.append(Q(state__in=self.states))
        if self.colour:
            wanted.append(Q(blue__isnull=False) if self.colour == "red" else Q(red_amount__gt=0))
        if self.buyer:
            wanted.append(Q(buyer_name__icontains=self.buyer) | Q(buyer_number__iexact=self.buyer))
        if self.number:
            wanted.append(Q(number__contains=self.number) | Q(code=self.number))
        if self.rate:
            wanted.append(Q(pk__in=InvoiceLine.objects.filter(rate=self.rate).values("invoice")))
        if self.device_serial:
            wanted.append(Q(device__serial=self.device_serial))
        if self.amount_from is not None:
            wanted.append(Q(total__gte=self.amount_from))
        if self.amount_to is not None:
            wanted.append(Q(total__lte=self.amount_to))
        return wanted
