"""申报汇总: the returns of a period, what they come to, and when they were filed and paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing import selectors
from filing.choices import GONE_STATES, PaymentState, ReturnStatus
from filing.models import ReturnLine, TaxReturn
from filing.rules import library
from invoicing.reports import Asked
from invoicing.reports.base import day, money, text
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Cell, Column, Table

# Where a form says what is payable and what is taken off: line numbers of its main sheet.
_PAYABLE = {"vat_general": "24", "vat_small_scale": "20"}
_REDUCED = {"vat_general": "23", "vat_small_scale": "16"}
# The column that sums the others up is left out.
_SUMS = ("total",)


def own(asked: Asked) -> QuerySet[Taxpayer]:
    """Return the one company of a report as what a district is made of."""
    return Taxpayer.objects.filter(pk=asked.taxpayer.pk)


def whose(*, of_district: bool) -> tuple[Column, ...]:
    """Return the columns that name a company, where a table is of many."""
    return (text(_("纳税人名称"), 30), text(_("纳税人识别号"), 22)) if of_district else ()


def who(taxpayer: Taxpayer, *, of_district: bool) -> tuple[Cell, ...]:
    """Return the cells of those columns."""
    return (taxpayer.name, taxpayer.number) if of_district else ()


def standing(taxpayers: QuerySet[Taxpayer]) -> QuerySet[TaxReturn]:
    """Return the filed returns that count, with their taxpayer, in the order they are listed."""
    found = TaxReturn.objects.filter(taxpayer__in=taxpayers.values("pk"))
    found = found.exclude(status__in=(ReturnStatus.DRAFT, *GONE_STATES)).select_related("taxpayer")
    return found.order_by("taxpayer__number", "period_start", "form_code", "pk")


def table(taxpayers: QuerySet[Taxpayer], period: TaxPeriod, *, of_district: bool = False) -> Table:
    """Return one row per return whose period ends within the period."""
    found = list(
        standing(taxpayers)
        .filter(period_end__range=(period.start, period.end))
        .annotate(paid_at=Max("payments__received_at", filter=Q(payments__state=PaymentState.RECEIVED)))
        .select_related("corrects")
    )
    figures = payable(found)
    columns = (
        *whose(of_district=of_district),
        text(_("申报表"), 30),
        text(_("所属期"), 16),
        money(_("销售额")),
        money(_("应纳税额合计")),
        money(_("应纳税额减征额")),
        money(_("应补（退）税费")),
        day(_("申报日期")),
        day(_("缴款日期")),
        text(_("状态"), 10),
    )
    rows = [_row(each, figures[each.pk], of_district=of_district) for each in found]
    empty: tuple[Cell, ...] = (None,) * (len(columns) - 8)
    totals = (_("合计"), *empty, *_totals(found, figures), None, None, None)
    return Table("", columns, rows, totals)


def payable(found: Iterable[TaxReturn]) -> dict[int, tuple[Decimal, Decimal]]:
    """Return what each return says is payable and what is taken off, read for all of them at once."""
    forms = {each.pk: each.form_code for each in found}
    lines: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    numbers = {*_PAYABLE.values(), *_REDUCED.values()}
    stored = ReturnLine.objects.filter(tax_return__in=list(forms), schedule="main", line__in=numbers)
    stored = stored.exclude(column__startswith="ytd").exclude(column__in=_SUMS)
    for pk, line, whole in stored.order_by().values_list("tax_return", "line").annotate(whole=Sum("value")):
        lines[pk, line] = whole or ZERO
    return {pk: (lines[pk, _PAYABLE.get(code, "")], lines[pk, _REDUCED.get(code, "")]) for pk, code in forms.items()}


def _row(tax_return: Any, figures: tuple[Decimal, Decimal], *, of_district: bool) -> tuple[Cell, ...]:
    # A correction that adds nothing was paid with the return it corrects.
    paid_at = tax_return.paid_at or (selectors.last_received_at(tax_return) if tax_return.paid_before else None)
    return (
        *who(tax_return.taxpayer, of_district=of_district),
        library.title_of(tax_return.form_code, tax_return.form_version),
        tax_return.period.label,
        tax_return.sales_amount,
        *figures,
        tax_return.tax_due,
        timezone.localdate(tax_return.submitted_at),
        timezone.localdate(paid_at) if paid_at else None,
        str(tax_return.get_status_display()),
    )


def _totals(found: Iterable[TaxReturn], figures: dict[int, tuple[Decimal, Decimal]]) -> tuple[Decimal, ...]:
    rows = list(found)
    return (
        sum((each.sales_amount for each in rows), ZERO),
        sum((pair[0] for pair in figures.values()), ZERO),
        sum((pair[1] for pair in figures.values()), ZERO),
        sum((each.tax_due for each in rows), ZERO),
    )
