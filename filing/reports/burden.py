"""增值税税负: payable tax over declared sales, by return over twelve months, beside the same months a year before."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from filing.reports.returns import own, payable, standing, who, whose
from filing.rules import library
from invoicing.reports import Asked
from invoicing.reports.base import money, text
from invoicing.reports.charts import Chart, bar_chart
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Cell, Table

MONTHS = 12
_HUNDREDTH = Decimal("0.01")
# Company and period: sales and payable tax.
Figures = dict[tuple[int, TaxPeriod], tuple[Decimal, Decimal]]


def table(taxpayers: QuerySet[Taxpayer], period: TaxPeriod, *, of_district: bool = False) -> Table:
    """Return one row per VAT return that ends in the twelve months up to the period's end."""
    names, figures = _figures(taxpayers, _years_before(period))
    columns = (
        *whose(of_district=of_district),
        text(_("所属期"), 16),
        money(_("销售额")),
        money(_("应纳税额合计")),
        text(_("税负率（%）"), 12),
        text(_("上年同期（%）"), 12),
    )
    since = _months_before(period, MONTHS - 1)
    rows: list[tuple[Cell, ...]] = []
    whole_sales = whole_tax = ZERO
    for (pk, each), (sales, tax) in figures.items():
        if each.end >= since.start:
            before = figures.get((pk, _year_ago(each)))
            rate, last = _words(burden(sales, tax)), _words(burden(*before) if before else None)
            rows.append((*who(names[pk], of_district=of_district), each.label, sales, tax, rate, last))
            whole_sales, whole_tax = whole_sales + sales, whole_tax + tax
    empty: tuple[Cell, ...] = (None,) * (len(columns) - 5)
    totals = (_("合计"), *empty, whole_sales, whole_tax, _words(burden(whole_sales, whole_tax)), None)
    return Table("", columns, rows, totals)


def burden(sales: Decimal, tax: Decimal) -> Decimal | None:
    """Return the tax as hundredths of the sales; nothing without sales."""
    return (tax / sales * 100).quantize(_HUNDREDTH, ROUND_HALF_UP) if sales > 0 else None


def chart(asked: Asked) -> Chart:
    """Draw the burden of each return."""
    _names, figures = _figures(own(asked), _months_before(asked.period, MONTHS - 1))
    values = [
        (period.label, found)
        for (_pk, period), (sales, tax) in figures.items()
        if period.end <= asked.period.end and (found := burden(sales, tax)) is not None
    ]
    title = _("各期税负率（%）")
    if not values:
        return bar_chart(title=title, finding=_("最近十二个月没有申报销售额。"), values=())
    best = max(values, key=lambda each: each[1])
    words = _("最近十二个月中，%(period)s税负率最高，为 %(rate)s%%。") % {"period": best[0], "rate": best[1]}
    return bar_chart(title=title, finding=words, values=values)


def _figures(taxpayers: QuerySet[Taxpayer], span: TaxPeriod) -> tuple[dict[int, Taxpayer], Figures]:
    found = list(
        standing(taxpayers).filter(form_code__in=library.codes_of("vat"), period_end__range=(span.start, span.end))
    )
    taxes = payable(found)
    figures: Figures = defaultdict(lambda: (ZERO, ZERO))
    for each in found:
        figures[each.taxpayer_id, each.period] = (each.sales_amount, taxes[each.pk][0])
    return {each.taxpayer_id: each.taxpayer for each in found}, dict(figures)


def _months_before(period: TaxPeriod, count: int) -> TaxPeriod:
    first = TaxPeriod.of_month(period.end)
    for _step in range(count):
        first = first.previous()
    return TaxPeriod(first.start, period.end)


def _years_before(period: TaxPeriod) -> TaxPeriod:
    return _months_before(period, 2 * MONTHS + 2)


def _year_ago(period: TaxPeriod) -> TaxPeriod:
    for _step in range(MONTHS // period.month_count):
        period = period.previous()
    return period


def _words(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate:.2f}"
