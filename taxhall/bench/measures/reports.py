"""Reports over a long ledger, against the bare statements that hold their figures."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from invoicing import selectors
from invoicing.models import ALL_RATES
from invoicing.reports import BY_NAME, Asked
from taxhall.bench.errors import BenchError
from taxhall.bench.hotspots import where_the_time_goes
from taxhall.bench.ledger import MONTHS, ledgers
from taxhall.bench.measure import Measure
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod


class OverLedger(Measure):
    """Both sides read one company's figures from the rollups, again and again, in one process."""

    unit = "ms"
    target = 3.0
    better = "lower"
    size = 300

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Fill the ledger and read both sides once."""
        self.long = ledgers(self.folder, self.ledger)[0]
        self.taxpayer = self.long.company.taxpayer
        self.check()
        started = time.perf_counter()
        for _ in range(10):
            self.once()
        self.fit(time.perf_counter() - started, 10)
        yield

    def floor(self) -> float:
        """Run the bare statement and return how long it takes."""
        started = time.perf_counter()
        for _ in range(self.count):
            self.bare()
        return (time.perf_counter() - started) * 1000 / self.count

    def product(self) -> float:
        """Make the report and return how long it takes."""
        started = time.perf_counter()
        for _ in range(self.count):
            self.once()
        return (time.perf_counter() - started) * 1000 / self.count

    def explain(self) -> list[str]:
        """Say where one report spends its time."""
        return where_the_time_goes(self.once, times=20)

    @abstractmethod
    def once(self) -> object:
        """Make the report once."""

    @abstractmethod
    def bare(self) -> list[tuple[object, ...]]:
        """Fetch the same figures with one statement and nothing else."""

    @abstractmethod
    def check(self) -> None:
        """Make sure that both sides have the figures of the rows. Raises: BenchError."""


class MonthReport(OverLedger):
    """发票资料统计 of the last full month of a company whose ledger is as long as --ledger says.

    Product: the whole report as the page and the files get it: every kind and rate, the five kinds of figures, sums,
    heading. Floor: the one grouped statement over the rollup, fetched and thrown away. Left out are the template and
    the network on both sides, and making the ledger.
    """

    name = "month-report"
    what = "发票资料统计 of a month of --ledger invoices / the bare rollup SQL"

    @property
    def month(self) -> TaxPeriod:
        """The last full month."""
        return TaxPeriod.of_month(clock.today()).previous()

    def once(self) -> object:
        """Make the report."""
        return BY_NAME["statistics"].book(Asked(self.taxpayer, self.month, "bench"))

    def bare(self) -> list[tuple[object, ...]]:
        """Fetch the grouped rollup."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT kind, rate, total_kind, sum(count), sum(amount), sum(tax) FROM invoicing_monthtotal"
                " WHERE taxpayer_id = %s AND month BETWEEN %s AND %s GROUP BY 1, 2, 3",
                [self.taxpayer.pk, self.month.start, self.month.end],
            )
            return list(cursor.fetchall())

    def check(self) -> None:
        """Compare the report with the invoices themselves."""
        totals = BY_NAME["statistics"].make(Asked(self.taxpayer, self.month, "bench"))[0].totals
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), sum(amount), sum(tax) FROM invoicing_invoice"
                " WHERE taxpayer_id = %s AND dated_on BETWEEN %s AND %s AND state = 'issued'",
                [self.taxpayer.pk, self.month.start, self.month.end],
            )
            if cursor.fetchone() != totals[-3:]:
                raise BenchError("the report is not equal to the invoices")


class SellerMonths(OverLedger):
    """The totals of each of the last twelve months, as the desk and its chart show them.

    Product: the selector, empty months included. Floor: one grouped statement over the rollup, fetched and thrown
    away. Left out are the template and the network on both sides, and making the ledger.
    """

    name = "seller-months"
    what = "twelve months' totals of --ledger invoices / the bare rollup SQL"

    def once(self) -> object:
        """Read the months."""
        return selectors.monthly_counts(taxpayer=self.taxpayer, months=MONTHS)

    def bare(self) -> list[tuple[object, ...]]:
        """Fetch the grouped rollup."""
        today = clock.today()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT month, total_kind, sum(count), sum(amount + tax) FROM invoicing_monthtotal"
                " WHERE taxpayer_id = %s AND rate = %s AND month > %s::date - interval '12 months' GROUP BY 1, 2",
                [self.taxpayer.pk, ALL_RATES, today],
            )
            return list(cursor.fetchall())

    def check(self) -> None:
        """Compare the months with how many invoices were made."""
        found = selectors.monthly_counts(taxpayer=self.taxpayer, months=MONTHS + 1)
        if sum(month.issued + month.voided for month in found) != self.long.count:
            raise BenchError("the months do not add up to the invoices")
