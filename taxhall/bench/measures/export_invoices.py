"""The memory that writing a whole ledger as a file takes, against one month of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from invoicing.choices_files import ExportFormat
from invoicing.models import InvoiceLine
from taxhall.bench.errors import BenchError
from taxhall.bench.ledger import ledgers
from taxhall.bench.measure import Measure
from taxhall.bench.peak import Ran, run_apart
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod


class ExportInvoices(Measure):
    """`manage.py export_invoices` of a ledger as CSV, each time in a process of its own.

    Product: the most memory that the process held while it wrote the whole ledger, which is as long as --ledger says.
    Floor: the same command for the last whole month of it, a twelfth, which fills the cursor's part many times over;
    an export of a few hundred never does, and would say nothing of what a longer one adds. Python and Django count on
    both sides; left out is making the ledger. How fast the file was written is told beside it.
    """

    name = "export-memory"
    what = "peak memory of exporting --ledger invoices / of exporting a month of them"
    unit = "MiB"
    target = 1.1
    better = "lower"
    size = 1

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Fill the ledger; one run writes all of it, whatever --size says."""
        long, _short = ledgers(self.folder, self.ledger)
        self.taxpayer = long.company.taxpayer
        self.month = TaxPeriod.of_month(clock.today()).previous()
        self.count = long.count
        self.ran: list[Ran] = []
        self.sizes: list[int] = []
        yield

    def floor(self) -> float:
        """Export the month and return the peak."""
        return self._export(self.month)[0].peak_mib

    def product(self) -> float:
        """Export the ledger and return the peak."""
        ran, size = self._export()
        self.ran.append(ran)
        self.sizes.append(size)
        return ran.peak_mib

    def explain(self) -> list[str]:
        """Say what the peaks of the rounds were; what grows with the file is held somewhere."""
        return [f"peaks of the whole ledger: {', '.join(f'{each.peak_mib:.0f} MiB' for each in self.ran)}"]

    def notes(self) -> list[str]:
        """Say how large the file was and how fast it was written."""
        fastest = min(each.seconds for each in self.ran)
        return [
            f"{self._row_count():,} rows, {max(self.sizes) / 1024**2:,.1f} MiB of CSV, "
            f"{self.count / fastest:,.0f} invoices/s with the start of the process, "
            f"peak {max(each.peak_mib for each in self.ran):.0f} MiB"
        ]

    def _export(self, period: TaxPeriod | None = None) -> tuple[Ran, int]:
        """Export a period, or everything, and return how it ran and how many bytes the file has."""
        file = self.folder / "bench-export.csv"
        options = [f"--taxpayer={self.taxpayer.number}", f"--format={ExportFormat.CSV.value}"]
        try:
            ran = run_apart("export_invoices", str(file), *options, *([f"--period={period.code}"] if period else []))
            with file.open("rb") as written:
                rows = sum(1 for _line in written) - 1
            size = file.stat().st_size
        finally:
            file.unlink(missing_ok=True)
        if rows != self._row_count(period):
            raise BenchError(f"{rows} rows were written of {self._row_count(period)}")
        return ran, size

    def _row_count(self, period: TaxPeriod | None = None) -> int:
        found = InvoiceLine.objects.filter(invoice__taxpayer=self.taxpayer)
        if period is not None:
            found = found.filter(invoice__dated_on__range=(period.start, period.end))
        return found.count()
