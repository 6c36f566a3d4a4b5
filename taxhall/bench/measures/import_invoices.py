"""Importing a file of invoices, against COPY of the very same rows."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from invoicing import services
from invoicing.choices_files import ImportState
from invoicing.models import ImportJob, Invoice, InvoiceLine
from taxhall.bench.errors import BenchError
from taxhall.bench.hotspots import where_the_time_goes
from taxhall.bench.measure import Measure
from taxhall.bench.peak import run_apart
from taxhall.bench.scene import Scene
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod

HEAD = "单据号,购买方名称,购买方纳税人识别号,项目名称,商品和服务税收分类编码,单位,数量,单价,税率,备注"
LINES = 3
FEW = 50
# The slices of a task add up to one run here.
SECONDS = 600.0
# What an import wrote, by table; other measures leave rows of other companies.
TABLES = {
    "invoicing_invoice": "SELECT * FROM invoicing_invoice WHERE taxpayer_id = %s ORDER BY id",
    "invoicing_invoiceline": (
        "SELECT line.* FROM invoicing_invoiceline AS line JOIN invoicing_invoice AS held ON held.id = line.invoice_id"
        " WHERE held.taxpayer_id = %s ORDER BY line.id"
    ),
}


class ImportInvoices(Measure):
    """One CSV file of invoices with three lines each, from its bytes to drafts.

    Product: the file is kept, read, every invoice checked by every rule of issuing, and imported: both passes of the
    job with its batches, leases, links and audit rows, as the worker runs them, in this process.

    Floor: COPY of the same invoices and lines from text that lies ready, in one transaction, into the same tables
    with all their indexes, constraints and triggers, through the same driver (it does what psql's \\copy does, and
    was measured at 0.99 of it). Nothing is parsed, checked or computed.

    Left out on both sides: removing the rows again after each run. Memory is told beside it, of the command in a
    process of its own.
    """

    name = "import-invoices"
    what = "import a checked CSV of invoices with lines / COPY of the same rows"
    unit = "invoices/s"
    target = 0.15
    size = 20_000

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Open a company, import a few to warm up, and keep the rows of a whole run as text for the floor."""
        scene = Scene(self.folder)
        self.company = scene.companies(1, period=TaxPeriod.of_month(clock.today()))[0]
        self.user = scene.member(self.company.taxpayer).user
        self.runs = itertools.count(1)
        started = time.perf_counter()
        self._undo(self._import(self._file(FEW)))
        self.fit(time.perf_counter() - started, FEW)
        job = self._import(self._file(self.count))
        self.texts = {table: self._text(query) for table, query in TABLES.items()}
        self._undo(job)
        yield

    def floor(self) -> float:
        """Copy the rows and return how many invoices a second."""
        started = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            for table, text in self.texts.items():
                cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(text))
        seconds = time.perf_counter() - started
        if Invoice.objects.filter(taxpayer=self.company.taxpayer).count() != self.count:
            raise BenchError("the floor did not copy its rows")
        self._remove()
        return self.count / seconds

    def product(self) -> float:
        """Import the file and return how many invoices a second."""
        content = self._file(self.count)
        started = time.perf_counter()
        job = self._import(content)
        seconds = time.perf_counter() - started
        lines = InvoiceLine.objects.filter(invoice__taxpayer=self.company.taxpayer).count()
        if job.imported_count != self.count or lines != self.count * LINES:
            raise BenchError(f"{job.imported_count} of {self.count} invoices were imported")
        self._undo(job)
        return self.count / seconds

    def explain(self) -> list[str]:
        """Say where importing spends its time."""
        return where_the_time_goes(lambda: self._undo(self._import(self._file(FEW * 10))), times=2)

    def notes(self) -> list[str]:
        """Say how much memory the command takes for the file, and how much of that for a file of a few."""
        many, few = self._peak(self.count), self._peak(FEW)
        return [f"peak memory of import_invoices: {many:.0f} MiB for {self.count:,}, {few:.0f} MiB for {FEW}"]

    def _peak(self, count: int) -> float:
        file = self.folder / f"bench-import-{count}.csv"
        file.write_bytes(self._file(count))
        taxpayer, user = self.company.taxpayer, self.user
        try:
            ran = run_apart("import_invoices", str(file), f"--taxpayer={taxpayer.number}", f"--actor={user.username}")
        finally:
            file.unlink()
        if f"{count} imported" not in ran.said:
            raise BenchError(f"the command did not import the file of the bench: {ran.said}")
        self._undo(ImportJob.objects.get(taxpayer=taxpayer, original_name=file.name))
        return ran.peak_mib

    def _file(self, count: int) -> bytes:
        """Make a file that was never sent before: the same one would lead to the first import."""
        return _content(count, run=next(self.runs))

    def _import(self, content: bytes) -> ImportJob:
        actor, taxpayer, device = self.user, self.company.taxpayer, self.company.device
        job, _is_new = services.upload_import(
            actor=actor, taxpayer=taxpayer, device=device, kind="007", name="bench.csv", content=content
        )
        services.perform_import(job_id=job.pk, seconds=SECONDS)
        job.refresh_from_db()
        if job.state != ImportState.CHECKED or job.bad_count:
            first = job.problems.first()
            raise BenchError(f"the file of the bench did not pass the check: {first or job.error_text}")
        services.start_import(actor=actor, job=job, mode="all")
        services.perform_import(job_id=job.pk, seconds=SECONDS)
        job.refresh_from_db()
        return job

    def _undo(self, job: ImportJob) -> None:
        services.undo_import(actor=self.user, job=job)
        # More than go at once are left to the worker.
        services.perform_import(job_id=job.pk, seconds=SECONDS)
        job.refresh_from_db()
        if job.state != ImportState.UNDONE:
            raise BenchError(f"the import of the bench was not undone: {job.state}")

    def _remove(self) -> None:
        found = Invoice.objects.filter(taxpayer=self.company.taxpayer)
        keys = list(found.values_list("pk", flat=True))
        for start in range(0, len(keys), 1000):
            Invoice.objects.filter(pk__in=keys[start : start + 1000]).delete()

    def _text(self, query: str) -> str:
        out = io.StringIO()
        with connection.cursor() as cursor:
            own = cursor.mogrify(query, [self.company.taxpayer.pk]).decode()
            cursor.copy_expert(f"COPY ({own}) TO STDOUT", out)
        return out.getvalue()


def _content(count: int, *, run: int) -> bytes:
    """Return a file of that many invoices; each run's differs."""
    rows = [HEAD]
    for number in range(count):
        head = f"N{number:07d},西安买方{number % 5000:05d}号有限公司,91610131000000019Y"
        for line in range(1, LINES + 1):
            item = f"软件维护{line},3040203000000000000,项,{line},{100 + number % 900}.00,1%,第 {run} 次"
            rows.append(f"{head},{item}")
    return "\r\n".join(rows).encode()
