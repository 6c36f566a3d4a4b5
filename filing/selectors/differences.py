"""Where disk, ledger and return differ in a period, down to the invoices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from django.db.models import Count, DecimalField, F, Max, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import Taxpayer
from devices import selectors as device_selectors
from devices.choices import DIGITAL_KINDS, TotalKind
from devices.models import Device
from filing.choices import CellKind, ReturnStatus
from filing.models import TaxReturn
from filing.rules.differences import FAMILIES, DifferenceRow, Traces
from filing.rules.subtotals import Subtotal, odd_positions
from filing.selectors.policies import tolerances_on
from filing.selectors.returns import find_return
from filing.selectors.sheets import declared_rows
from invoicing.choices import DEDUCTIBLE_KINDS, NUMBERED_STATES, WAITING_STATES, InvoiceState
from invoicing.models import Invoice, InvoiceLine
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod

_POSITIVE = (TotalKind.POSITIVE.value, TotalKind.NEGATIVE.value)
_MONEY: DecimalField[Decimal, Decimal] = DecimalField(max_digits=20, decimal_places=2)
Key = tuple[str, str]


@dataclass(frozen=True)
class Differences:
    """The three sides of a period by type and rate."""

    rows: tuple[DifferenceRow, ...]
    tax_return: TaxReturn | None
    reported_at: datetime | None
    # A company that issues nothing but digital invoices has no disk, and none is missing.
    has_disks: bool = True


def find_differences(*, taxpayer: Taxpayer, period: TaxPeriod) -> Differences:
    """Return the three sides of a period; the disk speaks only when every disk has reported every month."""
    filed = find_return(taxpayer=taxpayer, period=period)
    filed = filed if filed is not None and not filed.is_draft else None
    disk, reported_at = _disk_side(taxpayer, period)
    ledger = _ledger_side(taxpayer, period)
    declared = _declared_side(filed) if filed else None
    tolerances = tolerances_on(period.end)
    keys = sorted(set(ledger) | set(disk or {}) | set(declared or {}), key=lambda key: (FAMILIES.index(key[0]), key[1]))
    rows = tuple(
        DifferenceRow(
            family=family,
            rate=rate,
            disk=None if disk is None else disk.get((family, rate), ZERO),
            ledger=ledger.get((family, rate), ZERO),
            declared=None if declared is None else declared.get((family, rate), ZERO),
            traces=_traces(taxpayer, period, (family, rate), filed, reported_at),
            tolerance=tolerances["X1" if family == "special" else "X2"],
        )
        for family, rate in keys
    )
    has_disks = device_selectors.list_devices(taxpayer=taxpayer).exists()
    return Differences(rows, filed, reported_at, has_disks)


def list_cell_invoices(*, taxpayer: Taxpayer, period: TaxPeriod, family: str, rate: str) -> QuerySet[Invoice]:
    """Return the invoices behind one type and rate, those that stand out first by their moments."""
    return _cell(taxpayer, period, (family, rate)).order_by("-voided_at", "-issued_at", "-pk")


def find_odd_invoices(*, device: Device, period: TaxPeriod) -> list[Invoice]:
    """Return invoices whose ledger sums are not those the disk signed, found by comparing subtotals."""
    found = Invoice.objects.filter(
        device=device, dated_on__range=(period.start, period.end), signed_message__isnull=False
    ).order_by()
    span = found.aggregate(first=Min("counter"), last=Max("counter"))
    if span["first"] is None:
        return []
    signed = found.annotate(
        signed_amount=Cast(KeyTextTransform("amount", "signed_message"), _MONEY),
        signed_tax=Cast(KeyTextTransform("tax", "signed_message"), _MONEY),
    )

    def ledger(first: int, last: int) -> Subtotal:
        return _subtotal(found.filter(counter__range=(first, last)), "amount", "tax")

    def disk(first: int, last: int) -> Subtotal:
        return _subtotal(signed.filter(counter__range=(first, last)), "signed_amount", "signed_tax")

    odd = odd_positions(span["first"], span["last"], ledger, disk)
    return list(found.filter(counter__in=odd).order_by("counter"))


def _subtotal(rows: QuerySet[Invoice], amount: str, tax: str) -> Subtotal:
    sums = rows.aggregate(n=Count("pk"), a=Sum(amount), t=Sum(tax))
    return Subtotal(sums["n"], sums["a"] or ZERO, sums["t"] or ZERO)


def _family(kind: str) -> str:
    return "special" if kind in DEDUCTIBLE_KINDS else "ordinary"


def _disk_side(taxpayer: Taxpayer, period: TaxPeriod) -> tuple[dict[Key, Decimal] | None, datetime | None]:
    sums: dict[Key, Decimal] = {}
    last: datetime | None = None
    for device in device_selectors.list_devices(taxpayer=taxpayer):
        for month in period.months():
            reports = device_selectors.latest_reports(device=device, period=month)
            if not reports:
                return None, None
            last = max([each.created_at for each in reports] + ([last] if last else []))
            for row in (row for each in reports for row in each.total_rows()):
                if row.total_kind in _POSITIVE:
                    key = (_family(row.kind), row.rate)
                    sums[key] = sums.get(key, ZERO) + row.amount
    if last is None:
        return None, None
    # No disk knows digital invoices: they stand on its side as the platform's own record.
    for key, amount in _ledger_side(taxpayer, period, only=DIGITAL_KINDS).items():
        sums[key] = sums.get(key, ZERO) + amount
    return sums, last


def _ledger_side(taxpayer: Taxpayer, period: TaxPeriod, *, only: Iterable[str] | None = None) -> dict[Key, Decimal]:
    rows = (
        Invoice.objects.numbered()
        .filter(taxpayer=taxpayer, dated_on__range=(period.start, period.end))
        .exclude(state=InvoiceState.VOIDED)
        .order_by()
        .values("kind", rate=F("lines__rate"))
        .annotate(whole=Sum("lines__amount"))
    )
    if only is not None:
        rows = rows.filter(kind__in=only)
    sums: dict[Key, Decimal] = {}
    for row in rows:
        key = (_family(row["kind"]), row["rate"])
        sums[key] = sums.get(key, ZERO) + row["whole"]
    return sums


def _declared_side(filed: TaxReturn) -> dict[Key, Decimal]:
    """Return what was declared; income without an invoice stands on no other side."""
    return {(row.family, row.rate): row.amount for row in declared_rows(filed) if row.family in FAMILIES}


def _cell(taxpayer: Taxpayer, period: TaxPeriod, key: Key) -> QuerySet[Invoice]:
    family, rate = key
    special = Q(kind__in=DEDUCTIBLE_KINDS)
    of_rate = InvoiceLine.objects.filter(rate=rate).values("invoice")
    found = Invoice.objects.filter(taxpayer=taxpayer, dated_on__range=(period.start, period.end), pk__in=of_rate)
    found = found.exclude(state=InvoiceState.DRAFT)
    return found.filter(special) if family == "special" else found.exclude(special)


def _traces(
    taxpayer: Taxpayer, period: TaxPeriod, key: Key, filed: TaxReturn | None, reported_at: datetime | None
) -> Traces:
    rows = _cell(taxpayer, period, key).order_by()
    begin = timezone.make_aware(datetime.combine(period.start, time.min))
    end = timezone.make_aware(datetime.combine(period.end, time.max))
    filed_at = filed.submitted_at if filed else None
    never = Q(pk__in=[])
    counts = rows.aggregate(
        in_doubt=Count("pk", filter=Q(state__in=WAITING_STATES)),
        not_uploaded=Count("pk", filter=Q(is_uploaded=False, state__in=NUMBERED_STATES)),
        issued=Count("pk", filter=Q(issued_at__gt=filed_at) if filed_at else never),
        voided=Count("pk", filter=Q(voided_at__gt=filed_at) if filed_at else never),
        voided_reported=Count("pk", filter=Q(voided_at__gt=reported_at) if reported_at else never),
        red=Count("pk", filter=Q(amount__lt=0)),
        other_month=Count("pk", filter=Q(issued_at__isnull=False) & ~Q(issued_at__range=(begin, end))),
    )
    return Traces(
        in_doubt=counts["in_doubt"],
        not_uploaded=counts["not_uploaded"],
        issued_after_filing=counts["issued"],
        voided_after_filing=counts["voided"],
        voided_after_report=counts["voided_reported"],
        red=counts["red"],
        other_month=counts["other_month"],
        is_overridden=_is_overridden(filed),
    )


def _is_overridden(filed: TaxReturn | None) -> bool:
    if filed is None or filed.status == ReturnStatus.DRAFT:
        return False
    return filed.lines.filter(is_overridden=True, kind=CellKind.PREFILLED).exists()
