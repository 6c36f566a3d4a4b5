"""Filing: one comparison over a long ledger, many companies compared, forms computed; each against its bare floor."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.db import connection, transaction

from filing import selectors, services
from filing.models import ComparisonResult, ComparisonRun
from filing.rules import library
from filing.rules.computation import Inputs, compute
from invoicing.models import ALL_RATES
from taxhall.bench.errors import BenchError
from taxhall.bench.hotspots import where_the_time_goes
from taxhall.bench.ledger import ledgers
from taxhall.bench.measure import Measure
from taxhall.bench.measures.reports import OverLedger
from taxhall.bench.scene import Scene
from taxhall.common import clock
from taxhall.common.money import ZERO, round_money
from taxhall.common.periods import TaxPeriod

_ROLLUP = (
    "SELECT kind, rate, total_kind, sum(count), sum(amount), sum(tax) FROM invoicing_monthtotal"
    " WHERE taxpayer_id = %s AND month BETWEEN %s AND %s GROUP BY 1, 2, 3"
)


def _last_month() -> TaxPeriod:
    return TaxPeriod.of_month(clock.today()).previous()


class ComparePeriod(OverLedger):
    """One company's month compared in a database whose ledger is as long as --ledger says.

    Product: what was sold and paid, the stored return, every rule judged, tolerances, whitelist and measures looked up.
    Floor: the one grouped statement over the rollup. Left out are keeping the result and computing the form anew, which
    `compare-batch` and `compute-form` measure, and making the ledger.
    """

    name = "compare-period"
    what = "one month of --ledger invoices compared / the bare rollup SQL"

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Begin the return of the month beside the ledger."""
        long = ledgers(self.folder, self.ledger)[0]
        self.draft = services.start_return(actor=long.member.user, taxpayer=long.company.taxpayer, period=_last_month())
        self.sheet = selectors.current_sheet(self.draft)
        with super().ready():
            yield

    def once(self) -> object:
        """Compare the month."""
        return selectors.preview_comparison(self.draft, self.sheet)

    def bare(self) -> list[tuple[object, ...]]:
        """Fetch the grouped rollup."""
        month = _last_month()
        with connection.cursor() as cursor:
            cursor.execute(_ROLLUP, [self.taxpayer.pk, month.start, month.end])
            return list(cursor.fetchall())

    def check(self) -> None:
        """Compare what the rules saw with the rollup. Raises: BenchError."""
        month = _last_month()
        facts = selectors.comparison_facts(
            taxpayer=self.taxpayer, period=month, tax_return=self.draft, sheet=self.sheet
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COALESCE(sum(amount), 0) FROM invoicing_monthtotal WHERE taxpayer_id = %s"
                " AND month = %s AND rate = %s AND total_kind IN ('positive', 'negative')",
                [self.taxpayer.pk, month.start, ALL_RATES],
            )
            if cursor.fetchone()[0] != facts.issued_special + facts.issued_ordinary:
                raise BenchError("the comparison did not see the ledger's sales")


class CompareBatch(Measure):
    """Companies compared one after the other in one process, each with what it measured kept.

    Product: the service for each company in a transaction of its own: facts, rules, run, results, audit row. Floor: the
    rollup statement, the run and as many results written by two bare statements, in a transaction each. Left out is
    making the companies; they have no invoices, so that the figure is of the batch and not of the ledger.
    """

    name = "compare-batch"
    what = "companies compared and the results kept / bare SQL reading the rollup and writing as many rows"
    unit = "companies/s"
    target = 0.1
    size = 10_000

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Make the companies and compare a few."""
        scene, month = Scene(self.folder), _last_month()
        self.companies = [each.taxpayer for each in scene.companies(self.count, period=month)]
        started = time.perf_counter()
        few = self.companies[:20]
        for each in few:
            services.compare_period(actor=None, taxpayer=each, month=month)
        self.fit(time.perf_counter() - started, len(few))
        self.companies = self.companies[: self.count]
        run = ComparisonRun.objects.filter(taxpayer=few[0]).latest("pk")
        self.results = run.results.count()
        yield

    def product(self) -> float:
        """Compare every company and return how many a second."""
        before, month = ComparisonRun.objects.count(), _last_month()
        started = time.perf_counter()
        for each in self.companies:
            services.compare_period(actor=None, taxpayer=each, month=month)
        taken = time.perf_counter() - started
        if ComparisonRun.objects.count() - before != len(self.companies):
            raise BenchError("not every company was compared")
        return len(self.companies) / taken

    def floor(self) -> float:
        """Read and write as much with bare statements and return how many a second."""
        month = _last_month()
        started = time.perf_counter()
        for each in self.companies:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_ROLLUP, [each.pk, month.start, month.end])
                cursor.fetchall()
                cursor.execute(
                    "INSERT INTO filing_comparisonrun (taxpayer_id, period_start, period_end, compared_start,"
                    " compared_end, at, outcome, is_blocking)"
                    " VALUES (%s, %s, %s, %s, %s, now(), 'agreed', false) RETURNING id",
                    [each.pk, month.start, month.end, month.start, month.end],
                )
                cursor.execute(_WRITE_RESULTS, {"run": cursor.fetchone()[0], "count": self.results})
        return len(self.companies) / (time.perf_counter() - started)

    def explain(self) -> list[str]:
        """Say where one comparison spends its time."""
        first, month = self.companies[0], _last_month()
        return where_the_time_goes(lambda: services.compare_period(actor=None, taxpayer=first, month=month), times=20)

    def notes(self) -> list[str]:
        """Say how many companies and rows a run was."""
        kept = ComparisonResult.objects.count()
        return [f"{len(self.companies)} companies a run, {self.results} results each; {kept} results in all"]


_WRITE_RESULTS = """
INSERT INTO filing_comparisonresult
    (run_id, position, rule_code, title, legal_basis, outcome, blocking, sentence, remedy, waived)
SELECT %(run)s, n, 'R' || n, '', '', 'pass', false, '', '', '' FROM generate_series(1, %(count)s) AS n
"""


class ComputeForm(Measure):
    """The general return, main form and all annexes, computed from its inputs.

    Product: every cell in the order of its formulas, with rounding, and every check. Floor: one addition and one
    rounding in Decimal for each cell, nothing else. Left out are the database and the page on both sides.
    """

    name = "compute-form"
    what = "general returns computed, every cell and check / one addition and rounding a cell"
    unit = "forms/s"
    target = 0.05
    size = 200

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Read the form and compute it a few times."""
        definition = library.find_definition("general", clock.today())
        if definition is None:
            raise BenchError("there is no form for general taxpayers today")
        self.definition = definition
        policies = {name: wanted.missing or Decimal("0.03") for name, wanted in definition.policies.items()}
        facts = {"output.1.1": Decimal("500000.00"), "output.1.2": Decimal("65000.00")}
        self.inputs = Inputs(facts=facts, policies=policies)
        self.cells = len(compute(definition, self.inputs).cells)
        started = time.perf_counter()
        for _ in range(5):
            compute(definition, self.inputs)
        self.fit(time.perf_counter() - started, 5)
        yield

    def product(self) -> float:
        """Compute the forms and return how many a second."""
        started = time.perf_counter()
        for _ in range(self.count):
            sheet = compute(self.definition, self.inputs)
        taken = time.perf_counter() - started
        if len(sheet.cells) != self.cells:
            raise BenchError("a form lost some of its cells")
        return self.count / taken

    def floor(self) -> float:
        """Add and round as often and return how many forms that were a second."""
        step = Decimal("12.345")
        started = time.perf_counter()
        for _ in range(self.count):
            whole = ZERO
            for _cell in range(self.cells):
                whole = round_money(whole + step)
        return self.count / (time.perf_counter() - started)

    def explain(self) -> list[str]:
        """Say where one form spends its time."""
        return where_the_time_goes(lambda: compute(self.definition, self.inputs), times=20)

    def notes(self) -> list[str]:
        """Say how large the form is."""
        return [f"{self.cells} cells and {len(self.definition.checks)} checks a form"]
