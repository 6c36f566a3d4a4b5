"""What a list of invoices can be narrowed by; page and API share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Exists, Expression, OuterRef, Q
from django.db.models.functions import Collate, Reverse
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from invoicing.choices import InvoiceState
from invoicing.models import InvoiceLine
from invoicing.querysets import InvoiceQuerySet
from taxhall.common.periods import TaxPeriod

UNNUMBERED_STATES = frozenset({InvoiceState.DRAFT.value, InvoiceState.ISSUING.value})

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
    not_printed: bool = False
    signature_failed: bool = False
    colour: str = ""  # "red", or "reversed": blue ones that a red one takes back
    sort: str = ""

    def apply(self, found: InvoiceQuerySet) -> InvoiceQuerySet:
        """Return the invoices that match all of it."""
        if self.period is not None:
            found = found.in_period(self.period)
        if self.not_uploaded:
            found = found.not_uploaded()
        if self.not_printed:
            found = found.not_printed()
        if self.signature_failed:
            found = found.signature_failed()
        return found.filter(*self._conditions()).order_by(*self.order)

    @property
    def order(self) -> tuple[str, ...]:
        """The columns that the list is in order of."""
        return SORTS[self.sort]

    @property
    def is_summed(self) -> bool:
        """Whether the rollups know count and sum of such a list."""
        switches = (self.not_uploaded, self.not_printed, self.signature_failed)
        finer = (self.buyer, self.number, self.rate, self.colour, *switches)
        is_coarse = not any(finer) and self.amount_from is None and self.amount_to is None
        return is_coarse and self.states in ((), (InvoiceState.VOIDED,))

    def _conditions(self) -> list[Q]:
        wanted: list[Q] = []
        if self.kind:
            wanted.append(Q(kind=self.kind))
        if self.states:
            wanted.append(Q(state__in=self.states))
            if UNNUMBERED_STATES.issuperset(self.states):
                # Says what follows from the state anyway, in the words of the index of these few.
                wanted.append(Q(number=""))
        if self.colour:
            wanted.append(Q(blue__isnull=False) if self.colour == "red" else Q(red_amount__gt=0))
        if self.buyer:
            wanted.append(Q(buyer_name__icontains=self.buyer) | Q(buyer_number__iexact=self.buyer))
        if self.number:
            wanted.append(numbered_like(self.number))
        if self.rate:
            wanted.append(Q(Exists(InvoiceLine.objects.filter(invoice=OuterRef("pk"), rate=self.rate))))
        if self.device_serial:
            wanted.append(Q(device__serial=self.device_serial))
        if self.amount_from is not None:
            wanted.append(Q(total__gte=self.amount_from))
        if self.amount_to is not None:
            wanted.append(Q(total__lte=self.amount_to))
        return wanted


# What no digit or letter sorts behind, byte by byte.
_LAST = "~"
_CODE_LENGTHS = (10, 12)


def numbered_like(text: str) -> Q:
    """Match the first or the last digits of a number, or a whole code; both ends have an index."""
    found = _begins(Collate("number", "C"), text) | _begins(Collate(Reverse("number"), "C"), text[::-1])
    if len(text) in _CODE_LENGTHS:
        found |= Q(code=text)
    return ~Q(number="") & found


def _begins(expression: Expression, text: str) -> Q:
    return Q(GreaterThanOrEqual(expression, text)) & Q(LessThan(expression, text + _LAST))
