"""Writing an export: invoices come by a cursor of the server, rows go to the file, nothing is held."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO

from django.utils.translation import gettext as _

from invoicing.choices_files import ExportFormat
from invoicing.files.tables import cloaked
from invoicing.files.workbooks import BookWriter, Cell
from invoicing.models import Invoice
from invoicing.querysets import InvoiceQuerySet
from invoicing.services.exports.electronic import einvoice_of
from invoicing.services.exports.rows import LEDGER_HEAD, detail_head, detail_rows, ledger_rows

# Two of them are held at a time: the one that is written, and the one that is fetched.
CHUNK = 500
# A worksheet ends here; more goes on in the next.
SHEET_ROWS = 1_000_000
# What our own import takes.
IMPORTABLE = (ExportFormat.CSV, ExportFormat.XLSX)
Beat = Callable[[], None]


@dataclass(frozen=True)
class Written:
    """How many rows a file got, and how many red invoices it could not take."""

    row_count: int
    left_out_count: int
    # Of printed faces: how often each had been printed, and whether it was voided, when it was drawn.
    drawn: dict[int, tuple[int, bool]] = field(default_factory=dict)


def write_export(out: IO[bytes], *, format_name: str, invoices: InvoiceQuerySet, beat: Beat | None = None) -> Written:
    """Write the invoices; `beat` is called between parts to say that it goes on.

    Rule: a red invoice belongs to its blue one and comes from there only, so what is meant for import leaves it out.
    """
    left_out = 0
    if format_name in IMPORTABLE:
        left_out = invoices.red().order_by().count()
        invoices = invoices.blue()
    return Written(_WRITERS[format_name](out, _streamed(invoices, beat)), left_out)


def _streamed(invoices: InvoiceQuerySet, beat: Beat | None) -> Iterator[Invoice]:
    found = invoices.select_related("blue", "vehicle").prefetch_related("lines").iterator(chunk_size=CHUNK)
    for at, invoice in enumerate(found):
        if beat is not None and at % CHUNK == 0:
            beat()
        yield invoice


def _write_csv(out: IO[bytes], invoices: Iterable[Invoice]) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(detail_head())
    count = 0
    for row in detail_rows(invoices):
        writer.writerow([_cell(value) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    # Numbers stay numbers; only text is kept from being run.
    return cloaked(value) if isinstance(value, str) else str(value)


def _write_xlsx(out: IO[bytes], invoices: Iterable[Invoice]) -> int:
    return _book(out, detail_head(), detail_rows(invoices))


def _write_ledger(out: IO[bytes], invoices: Iterable[Invoice]) -> int:
    return _book(out, LEDGER_HEAD, ledger_rows(invoices), name=_("信息汇总表"))


def _book(out: IO[bytes], head: Iterable[str], rows: Iterable[Iterable[Cell]], name: str = "") -> int:
    book, total, sheet = BookWriter(out), 0, 1
    source = iter(rows)
    while True:
        title = (name or _("发票明细")) + (str(sheet) if sheet > 1 else "")
        count = book.sheet(title, list(head), _first(source, SHEET_ROWS))
        total += count
        if count < SHEET_ROWS:
            break
        sheet += 1
    book.close()
    return total


def _first(rows: Iterator[Iterable[Cell]], limit: int) -> Iterator[list[Cell]]:
    for _at, row in zip(range(limit), rows, strict=False):
        yield list(row)


def _write_xml(out: IO[bytes], invoices: Iterable[Invoice]) -> int:
    count = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for invoice in invoices:
            if invoice.is_numbered:
                archive.writestr(f"{invoice.kind}-{invoice.code}-{invoice.number}.xml", einvoice_of(invoice))
                count += 1
    return count


_WRITERS: dict[str, Callable[[IO[bytes], Iterable[Invoice]], int]] = {
    ExportFormat.CSV: _write_csv,
    ExportFormat.XLSX: _write_xlsx,
    ExportFormat.LEDGER: _write_ledger,
    ExportFormat.XML: _write_xml,
}
