"""The ledger's totals, counted from the rows: for the comparison with the disk."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, QuerySet, Sum

from accounts.models import Taxpayer
from devices.choices import DIGITAL_KINDS, TotalKind
from devices.models import Device
from devices.protocol.messages import TotalRow
from invoicing.choices import NUMBERED_STATES, InvoiceState
from invoicing.models import Invoice, InvoiceLine
from taxhall.common.periods import TaxPeriod


@dataclass(frozen=True)
class Blockers:
    """Invoices of a disk and period that keep it from being closed."""

    issuing: int
    voiding: int
    in_doubt: int
    not_uploaded: int

    @property
    def total(self) -> int:
        """How many wait for the disk's word; not uploaded ones are counted apart."""
        return self.issuing + self.voiding + self.in_doubt


def period_rows(*, device: Device, period: TaxPeriod) -> list[TotalRow]:
    """Return the ledger's totals of a disk by kind, rate and kind of total, in the shape of the disk's report.

    Rule: a voided invoice counts as 正废 only, not as 正数, a red one as 负数 or 负废 with negative sums; an invoice of
    two rates counts once in each.
    """
    return _total_rows(_numbered_lines(period).filter(invoice__device=device))


def digital_rows(*, taxpayer: Taxpayer, period: TaxPeriod) -> list[TotalRow]:
    """Return the totals of a company's digital invoices, which no disk counts, in the same shape."""
    return _total_rows(_numbered_lines(period).filter(invoice__taxpayer=taxpayer, invoice__kind__in=DIGITAL_KINDS))


def _total_rows(lines: QuerySet[InvoiceLine]) -> list[TotalRow]:
    is_voided = ExpressionWrapper(Q(invoice__state=InvoiceState.VOIDED), output_field=BooleanField())
    is_red = ExpressionWrapper(Q(invoice__blue__isnull=False), output_field=BooleanField())
    found = (
        lines.values("rate", kind=F("invoice__kind"), voided=is_voided, red=is_red)
        .annotate(count=Count("invoice", distinct=True), amount_sum=Sum("amount"), tax_sum=Sum("tax"))
        .order_by("kind", "rate", "red", "voided")
    )
    return [
        TotalRow(
            kind=row["kind"],
            rate=row["rate"],
            total_kind=_TOTAL_KINDS[row["red"], row["voided"]],
            count=row["count"],
            amount=row["amount_sum"],
            tax=row["tax_sum"],
        )
        for row in found
    ]


# By whether it is red, and whether it is voided.
_TOTAL_KINDS = {
    (False, False): TotalKind.POSITIVE.value,
    (False, True): TotalKind.POSITIVE_VOID.value,
    (True, False): TotalKind.NEGATIVE.value,
    (True, True): TotalKind.NEGATIVE_VOID.value,
}


def unissued_blockers(*, device: Device, period: TaxPeriod) -> Blockers:
    """Return how many invoices of the period still wait for the disk or the bureau."""
    row = (
        Invoice.objects.filter(device=device)
        .in_period(period)
        .order_by()
        .aggregate(
            issuing=Count("pk", filter=Q(state=InvoiceState.ISSUING)),
            voiding=Count("pk", filter=Q(state=InvoiceState.VOIDING)),
            in_doubt=Count("pk", filter=Q(state=InvoiceState.IN_DOUBT)),
            not_uploaded=Count("pk", filter=Q(is_uploaded=False) & ~Q(number="")),
        )
    )
    return Blockers(**row)


def _numbered_lines(period: TaxPeriod) -> QuerySet[InvoiceLine]:
    numbered = Q(invoice__state__in=NUMBERED_STATES) | Q(invoice__state=InvoiceState.IN_DOUBT, invoice__number__gt="")
    return InvoiceLine.objects.filter(numbered, invoice__dated_on__range=(period.start, period.end)).order_by()
