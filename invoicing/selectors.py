"""Reads of invoices; visibility is an argument."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, QuerySet, Sum
from django.db.models.functions import Left, TruncMonth
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import selectors as account_selectors
from accounts.models import Taxpayer, User
from devices.choices import TotalKind
from devices.models import Device
from devices.protocol.messages import TotalRow
from invoicing.choices import NUMBERED_STATES, SPECIAL_KINDS, InvoiceState
from invoicing.filters import InvoiceFilters
from invoicing.models import Invoice, InvoiceLine
from invoicing.querysets import InvoiceQuerySet
from taxhall.common import clock
from taxhall.common.errors import NotFoundError
from taxhall.common.periods import TaxPeriod

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class SalesRow:
    """Net sales of one kind of invoice, column of the return and rate; voided invoices left out."""

    is_special: bool  # 专用发票
    column: str  # "goods" 货物及劳务, "services" 服务、不动产和无形资产, "untaxed" 未发生销售行为
    rate: str
    count: int
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True)
class SalesSummary:
    """What a taxpayer sold in a period by its invoices, for the return."""

    taxpayer_id: int
    period: TaxPeriod
    rows: tuple[SalesRow, ...]

    def amount(
        self, *, is_special: bool | None = None, column: str | None = None, rates: Iterable[str] | None = None
    ) -> Decimal:
        """Return the net amount of the rows that match."""
        return sum((row.amount for row in self._matching(is_special, column, rates)), ZERO)

    def tax(
        self, *, is_special: bool | None = None, column: str | None = None, rates: Iterable[str] | None = None
    ) -> Decimal:
        """Return the tax of the rows that match."""
        return sum((row.tax for row in self._matching(is_special, column, rates)), ZERO)

    def _matching(self, is_special: bool | None, column: str | None, rates: Iterable[str] | None) -> Iterable[SalesRow]:
        wanted = None if rates is None else frozenset(rates)
        for row in self.rows:
            if is_special is not None and row.is_special != is_special:
                continue
            if column is not None and row.column != column:
                continue
            if wanted is None or row.rate in wanted:
                yield row


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


@dataclass(frozen=True)
class MonthCount:
    """One month of the desk chart."""

    period: TaxPeriod
    issued: int
    voided: int
    total: Decimal


@dataclass(frozen=True)
class ListTotals:
    """The caption of a list: how many and how much, as SQL says."""

    count: int
    total: Decimal


def visible_invoices(*, visible_to: User, taxpayer: Taxpayer | None = None) -> InvoiceQuerySet:
    """Return the invoices that someone may see, narrowed to one company if given."""
    if taxpayer is None:
        return Invoice.objects.filter(taxpayer__in=account_selectors.list_taxpayers(visible_to=visible_to))
    if not account_policies.can_view_taxpayer(visible_to, taxpayer):
        return Invoice.objects.none()
    return Invoice.objects.filter(taxpayer=taxpayer)


def list_invoices(
    *, visible_to: User, taxpayer: Taxpayer | None = None, filters: InvoiceFilters | None = None
) -> InvoiceQuerySet:
    """Return the invoices that match, newest first."""
    found = visible_invoices(visible_to=visible_to, taxpayer=taxpayer)
    return (filters or InvoiceFilters()).apply(found)


def list_totals(found: InvoiceQuerySet) -> ListTotals:
    """Return count and sum of a list; voided invoices and drafts are counted but add no money."""
    counted = ~Q(state__in=[InvoiceState.VOIDED, InvoiceState.DRAFT])
    row = found.order_by().aggregate(count=Count("pk"), total=Sum("total", filter=counted))
    return ListTotals(count=row["count"], total=row["total"] or ZERO)


def get_invoice(*, visible_to: User, pk: int, taxpayer: Taxpayer | None = None) -> Invoice:
    """Return one invoice with its lines.

    Raises: NotFoundError when it is absent or not to be seen; both look the same.
    """
    found = visible_invoices(visible_to=visible_to, taxpayer=taxpayer).with_face().filter(pk=pk).first()
    if found is None:
        raise NotFoundError(_("没有找到这张发票。"), next_step=_("请从发票列表中选择。"))
    invoice: Invoice = found
    return invoice


def find_by_draft_key(*, taxpayer: Taxpayer, draft_key: uuid.UUID) -> Invoice | None:
    """Return the invoice that a form of this company already made, if any."""
    found: Invoice | None = Invoice.objects.filter(taxpayer=taxpayer, draft_key=draft_key).first()
    return found


def period_rows(*, device: Device, period: TaxPeriod) -> list[TotalRow]:
    """Return the ledger's totals of a disk by kind, rate and kind of total, in the shape of the disk's report.

    Rule: a voided invoice counts as 正废 only, not as 正数; an invoice of two rates counts once in each.
    """
    is_voided = ExpressionWrapper(Q(invoice__state=InvoiceState.VOIDED), output_field=BooleanField())
    found = (
        _numbered_lines(period)
        .filter(invoice__device=device)
        .values("rate", kind=F("invoice__kind"), voided=is_voided)
        .annotate(count=Count("invoice", distinct=True), amount_sum=Sum("amount"), tax_sum=Sum("tax"))
        .order_by("kind", "rate", "voided")
    )
    return [
        TotalRow(
            kind=row["kind"],
            rate=row["rate"],
            total_kind=TotalKind.POSITIVE_VOID.value if row["voided"] else TotalKind.POSITIVE.value,
            count=row["count"],
            amount=row["amount_sum"],
            tax=row["tax_sum"],
        )
        for row in found
    ]


def period_sales(*, taxpayer: Taxpayer, period: TaxPeriod) -> SalesSummary:
    """Return what a taxpayer sold in a period over all its disks, for prefilling the return."""
    found = (
        _numbered_lines(period)
        .filter(invoice__taxpayer=taxpayer)
        .exclude(invoice__state=InvoiceState.VOIDED)
        .values("rate", kind=F("invoice__kind"), section=Left("tax_code", 1))
        .annotate(count=Count("invoice", distinct=True), amount_sum=Sum("amount"), tax_sum=Sum("tax"))
        .order_by("kind", "section", "rate")
    )
    merged: dict[tuple[bool, str, str], tuple[int, Decimal, Decimal]] = {}
    for row in found:
        key = (row["kind"] in SPECIAL_KINDS, _return_column(row["section"]), row["rate"])
        count, amount, tax = merged.get(key, (0, ZERO, ZERO))
        merged[key] = (count + row["count"], amount + row["amount_sum"], tax + row["tax_sum"])
    rows = tuple(SalesRow(*key, *values) for key, values in sorted(merged.items()))
    return SalesSummary(taxpayer_id=taxpayer.pk, period=period, rows=rows)


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


def monthly_counts(*, taxpayer: Taxpayer, months: int = 6, until: date | None = None) -> list[MonthCount]:
    """Return issued and voided counts of the last months, oldest first, empty months included."""
    periods = [TaxPeriod.of_month(until or clock.today())]
    while len(periods) < months:
        periods.insert(0, periods[0].previous())
    found = (
        Invoice.objects.filter(taxpayer=taxpayer, dated_on__range=(periods[0].start, periods[-1].end))
        .numbered()
        .order_by()
        .annotate(month=TruncMonth("dated_on"))
        .values("month")
        .annotate(
            issued=Count("pk", filter=~Q(state=InvoiceState.VOIDED)),
            voided=Count("pk", filter=Q(state=InvoiceState.VOIDED)),
            money=Sum("total", filter=~Q(state=InvoiceState.VOIDED)),
        )
    )
    by_month = {row["month"]: row for row in found}
    return [_month_count(period, by_month.get(period.start)) for period in periods]


def _month_count(period: TaxPeriod, row: dict[str, object] | None) -> MonthCount:
    if row is None:
        return MonthCount(period=period, issued=0, voided=0, total=ZERO)
    money = row["money"]
    return MonthCount(
        period=period,
        issued=int(str(row["issued"])),
        voided=int(str(row["voided"])),
        total=money if isinstance(money, Decimal) else ZERO,
    )


def _numbered_lines(period: TaxPeriod) -> QuerySet[InvoiceLine]:
    numbered = Q(invoice__state__in=NUMBERED_STATES) | Q(invoice__state=InvoiceState.IN_DOUBT, invoice__number__gt="")
    return InvoiceLine.objects.filter(numbered, invoice__dated_on__range=(period.start, period.end)).order_by()


def _return_column(section: str) -> str:
    """Say which column of the small-scale return a tax code's first digit belongs to."""
    if section in ("3", "4", "5"):
        return "services"
    return "untaxed" if section == "6" else "goods"
