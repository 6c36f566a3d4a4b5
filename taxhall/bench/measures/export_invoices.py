"""The memory that writing a long ledger as a file takes, against a short one's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from invoicing.choices_files import ExportFormat
from taxhall.bench.errors import BenchError
from taxhall.bench.ledger import Ledger, ledgers
from taxhall.bench.measure import Measure
from taxhall.bench.peak import Ran, run_apart

# Each invoice of a ledger has as many.
LINES = 2


class ExportInvoices(Measure):
    """`manage.py export_invoices` of a whole ledger as CSV, each time in a process of its own.

    Product: the most memory that the process held while it wrote the company whose ledger is as long as --ledger
    says. Floor: the same command for the company with 1,000 invoices, which fill the cursor's part and the next one.
    Python and Django count on both sides; left out is making the ledgers. How fast the file was written is told
    beside it.
    """

    name = "export-memory"
    what = "peak memory of exporting --ledger invoices / of exporting 1,000"
    unit = "MiB"
    target = 1.1
    better = "lower"
    size = 1

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Fill both ledgers; one run writes one whole ledger, whatever --size says."""
        self.long, self.short = ledgers(self.folder, self.ledger)
        self.count = self.long.count
        self.ran: list[Ran] = []
        self.sizes: list[int] = []
        yield

    def floor(self) -> float:
        """Export the short ledger and return the peak."""
        return self._export(self.short)[0].peak_mib

    def product(self) -> float:
        """Export the long ledger and return the peak."""
        ran, size = self._export(self.long)
        self.ran.append(ran)
        self.sizes.append(size)
        return ran.peak_mib

    def explain(self) -> list[str]:
        """Say what the peaks of the rounds were; what grows with the file is held somewhere."""
        return [f"peaks of the long ledger: {', '.join(f'{each.peak_mib:.0f} MiB' for each in self.ran)}"]

    def notes(self) -> list[str]:
        """Say how large the file was and how fast it was written."""
        fastest = min(each.seconds for each in self.ran)
        return [
            f"{self.count * LINES:,} rows, {max(self.sizes) / 1024**2:,.1f} MiB of CSV, "
            f"{self.count / fastest:,.0f} invoices/s with the start of the process, "
            f"peak {max(each.peak_mib for each in self.ran):.0f} MiB"
        ]

    def _export(self, ledger: Ledger) -> tuple[Ran, int]:
        """Export a ledger and return how it ran and how many bytes the file has."""
        file = self.folder / "bench-export.csv"
        number = ledger.company.taxpayer.number
        try:
            ran = run_apart("export_invoices", str(file), f"--taxpayer={number}", f"--format={ExportFormat.CSV.value}")
            with file.open("rb") as written:
                rows = sum(1 for _line in written) - 1
            size = file.stat().st_size
        finally:
            file.unlink(missing_ok=True)
        # The draft that the others were copied from is in the ledger too.
        if rows != ledger.count * LINES + 1:
            raise BenchError(f"{rows} rows were written of {ledger.count} invoices")
        return ran, size
