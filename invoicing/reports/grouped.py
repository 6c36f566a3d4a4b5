"""What was sold by customer, by goods, by month; each with its chart."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Max, QuerySet, Sum, When
from django.utils.translation import gettext as _

from invoicing.models import ALL_RATES, CustomerTotal, GoodsTotal, MonthTotal
from invoicing.reports.base import Asked, Sums, add, count, money, text
from invoicing.reports.charts import Chart, bar_chart
from invoicing.reports.statistics import NOTHING, SOLD
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Cell, Table

CHARTED = 10
MONTHS = 12
_FIGURES = {"n": Sum("count"), "money": Sum("amount"), "taxes": Sum("tax")}


def _sold(model: type[Any], asked: Asked) -> QuerySet[Any]:
    months = (asked.period.start, asked.period.end)
    found: QuerySet[Any] = model.objects.filter(
        taxpayer=asked.taxpayer, month__range=months, total_kind__in=SOLD
    ).order_by()
    return found


def _grouped(found: QuerySet[Any], *names: str, **also: Any) -> list[dict[str, Any]]:
    return list(found.values(*names).annotate(**also, **_FIGURES).exclude(n=0).order_by("-money", *names))


def _figures(row: dict[str, Any]) -> Sums:
    return row["n"], row["money"], row["taxes"]


def _table(columns: Sequence[Any], rows: list[tuple[Cell, ...]], sums: Sequence[Sums]) -> tuple[Table, ...]:
    total = NOTHING
    for each in sums:
        total = add(total, each)
    figures = (count(_("份数")), money(_("金额")), money(_("税额")), money(_("价税合计")))
    empty: tuple[Cell, ...] = (None,) * (len(columns) - 1)
    totals = (_("合计"), *empty, *total, total[1] + total[2])
    return (
        Table("", (*columns, *figures), [(*row, *s, s[1] + s[2]) for row, s in zip(rows, sums, strict=True)], totals),
    )


def _customers(asked: Asked) -> list[dict[str, Any]]:
    # One customer is one tax number, however its name was written; without a number the name tells.
    who = Case(When(buyer_number="", then=F("buyer_name")), default=F("buyer_number"))
    return _grouped(_sold(CustomerTotal, asked).annotate(who=who), "who", "buyer_number", name=Max("buyer_name"))


def by_customer(asked: Asked) -> tuple[Table, ...]:
    """Return what each customer bought, most first."""
    found = _customers(asked)
    columns = (text(_("购买方名称"), 34), text(_("纳税人识别号"), 22))
    return _table(columns, [(row["name"], row["buyer_number"]) for row in found], [_figures(row) for row in found])


def customer_chart(asked: Asked) -> Chart:
    """Draw the customers that bought most."""
    return _best(_("销售金额最多的客户"), [(row["name"], row["money"]) for row in _customers(asked)])


def _goods(asked: Asked) -> list[dict[str, Any]]:
    return _grouped(_sold(GoodsTotal, asked), "name", "tax_code")


def by_goods(asked: Asked) -> tuple[Table, ...]:
    """Return what each of the goods brought, most first."""
    found = _goods(asked)
    columns = (text(_("项目名称"), 34), text(_("税收分类编码"), 22))
    tables = _table(columns, [(row["name"], row["tax_code"]) for row in found], [_figures(row) for row in found])
    # An invoice counts once per name, so these counts do not add up to invoices.
    table = tables[0]
    return (Table("", table.columns, table.rows, (*table.totals[:2], None, *table.totals[3:])),)


def goods_chart(asked: Asked) -> Chart:
    """Draw the goods that brought most."""
    return _best(_("销售金额最多的商品和服务"), [(row["name"], row["money"]) for row in _goods(asked)])


def _best(title: str, values: list[tuple[str, Decimal]]) -> Chart:
    if not values:
        return bar_chart(title=title, finding=_("本期没有开具发票。"), values=())
    total = sum((value for _label, value in values), ZERO)
    share = values[0][1] / total * 100 if total > 0 else Decimal(0)
    facts = {
        "count": f"{len(values):,}",
        "best": values[0][0],
        "money": f"{values[0][1]:,.2f}",
        "share": f"{share:.1f}",
    }
    finding = _("共 %(count)s 项，%(best)s 最多，%(money)s 元，占 %(share)s%%。") % facts
    return bar_chart(title=title, finding=finding, values=values[:CHARTED])


def _months(asked: Asked) -> list[tuple[TaxPeriod, Sums]]:
    periods = list(asked.period.months())
    while len(periods) < MONTHS:
        periods.insert(0, periods[0].previous())
    found = MonthTotal.objects.filter(
        taxpayer=asked.taxpayer, rate=ALL_RATES, total_kind__in=SOLD, month__range=(periods[0].start, periods[-1].end)
    )
    sums: Any = found.order_by().values("month").annotate(**_FIGURES)
    rows = {row["month"]: _figures(row) for row in sums}
    return [(period, rows.get(period.start, NOTHING)) for period in periods]


def by_month(asked: Asked) -> tuple[Table, ...]:
    """Return the twelve months up to the end of the period, the empty ones too."""
    found = _months(asked)
    return _table(
        (text(_("月份"), 16),), [(period.label,) for period, _sums in found], [sums for _period, sums in found]
    )


def month_chart(asked: Asked) -> Chart:
    """Draw the months."""
    values = [(period.label, sums[1]) for period, sums in _months(asked)]
    best = max(values, key=lambda each: each[1])
    finding = _("最近十二个月中，%(month)s销售金额最多，%(money)s 元。") % {
        "month": best[0],
        "money": f"{best[1]:,.2f}",
    }
    return bar_chart(
        title=_("每月销售金额"), finding=finding if best[1] else _("最近十二个月没有开具发票。"), values=values
    )
