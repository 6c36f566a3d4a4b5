"""The printed form of an export: faces drawn in small heaps, put together, counted when the file is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from pypdf import PdfReader, PdfWriter

from accounts.models import User
from invoicing import selectors
from invoicing.models import ExportJob, Invoice
from invoicing.printing import Page, PrintOptions, draw, pages_of
from invoicing.services.prints import record_printed

# Invoices drawn at once: the fonts are embedded once for all of them, and memory stays small. Long ones go in fewer.
HEAP, HEAP_LINES = 20, 800


def write_prints(out: IO[bytes], *, job: ExportJob, beat: Callable[[], None]) -> int:
    """Write the invoices of a print job, by number; `beat` is called between heaps. Return how many there are."""
    options, pks = options_of(job.filters)
    found = selectors.printable_invoices(visible_to=job.requested_by, taxpayer=job.taxpayer, pks=pks)
    return draw_invoices(out, invoices=found, options=options, beat=beat)


def draw_invoices(
    out: IO[bytes], *, invoices: Sequence[Invoice], options: PrintOptions, beat: Callable[[], None] | None = None
) -> int:
    """Draw the invoices into one PDF and return how many there were. Raises: NoFaceError."""
    heaps = []
    for heap in _heaps(invoices):
        if beat is not None:
            beat()
        heaps.append(draw(_pages(heap, options), title=_("发票")))
    out.write(heaps[0] if len(heaps) == 1 else _joined(heaps))
    return len(invoices)


def _heaps(invoices: Sequence[Invoice]) -> Iterator[list[Invoice]]:
    heap: list[Invoice] = []
    lines = 0
    for invoice in invoices:
        heap.append(invoice)
        lines += len(invoice.lines.all())
        if len(heap) >= HEAP or lines >= HEAP_LINES:
            yield heap
            heap, lines = [], 0
    if heap:
        yield heap


def _pages(invoices: Iterable[Invoice], options: PrintOptions) -> Iterator[Page]:
    for invoice in invoices:
        yield from pages_of(invoice, options, times=invoice.print_count + 1)


def _joined(heaps: Iterable[bytes]) -> bytes:
    writer, out = PdfWriter(), BytesIO()
    for heap in heaps:
        writer.append(PdfReader(BytesIO(heap)), import_outline=False)
    writer.write(out)
    return out.getvalue()


def options_of(kept: dict[str, object]) -> tuple[PrintOptions, list[int]]:
    """Return what a row holds: the choices and the invoices."""
    values = dict(kept)
    pks = values.pop("pks")
    copies = values.pop("copies", [])
    return PrintOptions(copies=tuple(copies), **values), list(pks)  # type: ignore[arg-type, call-overload]


def count_prints(job: ExportJob) -> None:
    """Count the invoices of a job whose file is there, in the transaction that says so."""
    options, pks = options_of(job.filters)
    actor: User = job.requested_by
    record_printed(actor=actor, taxpayer=job.taxpayer, pks=pks, mode=options.mode)
