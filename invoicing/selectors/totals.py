"""Count and sum of a list and of months: from the rollups where they know, else from a bounded part of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import Taxpayer
from devices.choices import TotalKind
from invoicing.choices import InvoiceState
from invoicing.filters import InvoiceFilters
from invoicing.models import ALL_RATES, MonthTotal
from invoicing.querysets import InvoiceQuerySet
from taxhall.common import clock
from taxhall.common.money import ZERO
from taxhall.common.parts import Part, Row, fetch
from taxhall.common.periods import TaxPeriod

VOID_KINDS = (TotalKind.POSITIVE_VOID, TotalKind.NEGATIVE_VOID)
# Counting on would take longer than anybody wants to wait for a number nobody can use.
MOST_COUNTED = 10_000
_COUNTED = ~Q(state__in=[InvoiceState.VOIDED, InvoiceState.DRAFT])


@dataclass(frozen=True)
class ListTotals:
    """The caption of a list: how many and how much; where there are more than are counted, only that."""

    count: int
    total: Decimal
    is_complete: bool = True
    # Drafts and voided invoices among them, whose money is not in the total.
    left_out: int = 0


@dataclass(frozen=True)
class MonthCount:
    """One month of the desk chart."""

    period: TaxPeriod
    issued: int
    voided: int
    total: Decimal


def whole_invoices(*, taxpayer: Taxpayer, period: TaxPeriod | None = None) -> QuerySet[MonthTotal]:
    """Return the rollup rows in which each invoice of the company counts once."""
    found = MonthTotal.objects.filter(taxpayer=taxpayer, rate=ALL_RATES).order_by()
    return found if period is None else found.filter(month__range=(period.start, period.end))


def list_totals(*, taxpayer: Taxpayer, filters: InvoiceFilters, found: InvoiceQuerySet) -> ListTotals:
    """Return count and sum of a list; voided invoices and drafts are counted but add no money, unless they are all."""
    if filters.states == (InvoiceState.DRAFT,):
        return _of_rows(found, counted=Q(state=InvoiceState.DRAFT))
    if not filters.is_summed:
        return _of_rows(found)
    kept = _kept_sums(taxpayer, filters)
    if filters.states:
        return ListTotals(kept["voided"], ZERO, left_out=kept["voided"])
    # Drafts and orders have no number yet and so are in no rollup; they are few and have an index of their own.
    rest = _of_rows(found.filter(number=""))
    return ListTotals(
        kept["count"] + rest.count, kept["money"] + rest.total, rest.is_complete, kept["voided"] + rest.left_out
    )


def _kept_sums(taxpayer: Taxpayer, filters: InvoiceFilters) -> Row:
    period = filters.period
    (row,) = fetch(
        _SUMS,
        taxpayer=taxpayer.pk,
        all_rates=ALL_RATES,
        voids=list(VOID_KINDS),
        start=date.min if period is None else period.start,
        end=date.max if period is None else period.end,
        kind=filters.kind,
        serial=filters.device_serial,
    )["sums"]
    return row


# What the rollups know of a list; a voided invoice counts and adds no money.
_SUMS = Part(
    "sums",
    """SELECT coalesce(sum(count), 0) AS count,
    coalesce(sum(count) FILTER (WHERE total_kind = ANY(%(voids)s)), 0) AS voided,
    coalesce(sum(amount + tax) FILTER (WHERE total_kind <> ALL(%(voids)s)), 0.00) AS money
    FROM invoicing_monthtotal WHERE taxpayer_id = %(taxpayer)s AND rate = %(all_rates)s
    AND month BETWEEN %(start)s AND %(end)s AND (%(kind)s = '' OR kind = %(kind)s)
    AND (%(serial)s = '' OR device_id = (SELECT id FROM devices_device WHERE serial = %(serial)s))""",
)


def _of_rows(found: InvoiceQuerySet, *, counted: Q = _COUNTED) -> ListTotals:
    some = found.order_by().values("state", "total")[: MOST_COUNTED + 1]
    row = some.aggregate(n=Count("state"), money=Sum("total", filter=counted), kept=Count("state", filter=counted))
    return ListTotals(row["n"], row["money"] or ZERO, row["n"] <= MOST_COUNTED, row["n"] - row["kept"])


def monthly_counts(*, taxpayer: Taxpayer, months: int = 6, until: date | None = None) -> list[MonthCount]:
    """Return issued and voided counts of the last months, oldest first, empty months included."""
    periods = [TaxPeriod.of_month(until or clock.today())]
    while len(periods) < months:
        periods.insert(0, periods[0].previous())
    found = fetch(
        _MONTHS,
        taxpayer=taxpayer.pk,
        all_rates=ALL_RATES,
        voids=list(VOID_KINDS),
        start=periods[0].start,
        end=periods[-1].end,
    )
    kept = {(row["month"], row["is_void"]): row for row in found["months"]}
    return [_month_count(period, kept) for period in periods]


def _month_count(period: TaxPeriod, kept: dict[tuple[str, bool], Row]) -> MonthCount:
    month = period.start.isoformat()
    issued, voided = kept.get((month, False), _NOTHING), kept.get((month, True), _NOTHING)
    return MonthCount(period, issued["count"], voided["count"], issued["total"])


_NOTHING: Row = {"count": 0, "total": ZERO}
# A voided invoice counts and adds no money.
_MONTHS = Part(
    "months",
    """SELECT month, total_kind = ANY(%(voids)s) AS is_void, sum(count) AS count, sum(amount + tax) AS total
    FROM invoicing_monthtotal WHERE taxpayer_id = %(taxpayer)s AND rate = %(all_rates)s
    AND month BETWEEN %(start)s AND %(end)s GROUP BY 1, 2""",
)
