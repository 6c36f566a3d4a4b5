"""What every report shares: for whom, what month, and the heading that an accountant expects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Taxpayer
from invoicing.reports.charts import Chart
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from taxhall.common.tables import Book, Column, Kind, Table

# A page shows this many rows of a list, a file made while one waits holds so many; the command writes them all.
SHOWN_ROWS = 200
WAITED_ROWS = 20_000


@dataclass(frozen=True)
class Asked:
    """What somebody wants to know; who asks was checked before."""

    taxpayer: Taxpayer
    period: TaxPeriod
    maker: str  # 制表人


@dataclass(frozen=True)
class Report:
    """One kind of report. `make` returns its tables; `count` says how long a list is before it is read."""

    name: str
    title: str | Promise
    summary: str | Promise
    make: Callable[[Asked], tuple[Table, ...]]
    count: Callable[[Asked], int] | None = None
    chart: Callable[[Asked], Chart] | None = None
    note: str | Promise = ""

    def book(self, asked: Asked) -> Book:
        """Return the report."""
        return Book(title=str(self.title), facts=facts_of(asked), tables=self.make(asked), note=str(self.note))


@dataclass(frozen=True)
class AskedOfDistrict:
    """What an officer wants to know of many companies; who may ask was checked before."""

    taxpayers: QuerySet[Taxpayer]
    period: TaxPeriod
    maker: str  # 制表人
    # The bureau that answers for them; empty where it is whatever the officer may see.
    bureau: str = ""


@dataclass(frozen=True)
class DistrictReport:
    """One report over many companies: the table of a company's, with a column that says whose row it is."""

    name: str
    title: str | Promise
    summary: str | Promise
    table: Callable[..., Table]

    def book(self, asked: AskedOfDistrict) -> Book:
        """Return the report; its rows are held, so that page and file can count them."""
        table = self.table(asked.taxpayers, asked.period, of_district=True)
        facts = (
            *(((_("税务机关"), asked.bureau),) if asked.bureau else ()),
            (_("纳税人户数"), f"{asked.taxpayers.count():,}"),
            (_("所属期"), asked.period.label),
            (_("制表人"), asked.maker),
            (_("制表日期"), clock.today().isoformat()),
            (_("金额单位"), _("元至角分")),
        )
        return Book(str(self.title), facts, (replace(table, rows=list(table.rows)),))


def facts_of(asked: Asked) -> tuple[tuple[str, str], ...]:
    """Return the lines of the heading."""
    return (
        (_("纳税人名称"), asked.taxpayer.name),
        (_("纳税人识别号"), asked.taxpayer.number),
        (_("所属期"), asked.period.label),
        (_("制表人"), asked.maker),
        (_("制表日期"), clock.today().isoformat()),
        (_("金额单位"), _("元至角分")),
    )


def text(label: str, width: int = 14) -> Column:
    """Return a column of words."""
    return Column(label, Kind.TEXT, width)


def count(label: str) -> Column:
    """Return a column of pieces."""
    return Column(label, Kind.COUNT, 10)


def money(label: str) -> Column:
    """Return a column of amounts."""
    return Column(label, Kind.MONEY, 16)


def day(label: str) -> Column:
    """Return a column of days."""
    return Column(label, Kind.DAY, 12)


Sums = tuple[int, Decimal, Decimal]


def add(one: Sums, other: Sums) -> Sums:
    """Add count, amount and tax."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]
