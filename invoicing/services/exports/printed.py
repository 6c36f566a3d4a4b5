"""The printed form of an export: faces drawn in small heaps, put together, counted when the file is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, islice
from typing import IO

from django.utils.translation import gettext as _
from pypdf import PdfReader, PdfWriter

from accounts.models import User
from invoicing import selectors
from invoicing.models import ExportJob, Invoice
from invoicing.printing import PREVIEW_PAGES, Page, PrintOptions, draw, pages_of
from invoicing.services.prints import as_drawn, record_printed

# Pages drawn at once: the fonts are embedded once for all of them, memory stays small, and a lease is kept in between.
HEAP_PAGES = 20


def write_prints(out: IO[bytes], *, job: ExportJob, beat: Callable[[], None]) -> dict[int, tuple[int, bool]]:
    """Write the invoices of a print job, by number; `beat` is called between heaps.

    Returns how often each had been printed before, and whether it was voided, as its face says.
    """
    options, pks = options_of(job.filters)
    found = selectors.printable_invoices(visible_to=job.requested_by, taxpayer=job.taxpayer, pks=pks)
    draw_invoices(out, invoices=found, options=options, beat=beat)
    return as_drawn(found)


def draw_invoices(
    out: IO[bytes], *, invoices: Sequence[Invoice], options: PrintOptions, beat: Callable[[], None] | None = None
) -> int:
    """Draw the invoices into one PDF and return how many there were. Raises: NoFaceError."""
    heaps = []
    for heap in _heaps(invoices, options):
        if beat is not None:
            beat()
        heaps.append(draw(heap, title=_("发票")))
    out.write(heaps[0] if len(heaps) == 1 else _joined(heaps))
    return len(invoices)


def _heaps(invoices: Sequence[Invoice], options: PrintOptions) -> Iterator[list[Page]]:
    """Yield the pages by heaps; one long invoice goes over several."""
    pages = chain.from_iterable(_faces(invoice, options) for invoice in invoices)
    while heap := list(islice(pages, HEAP_PAGES)):
        yield heap


def _faces(invoice: Invoice, options: PrintOptions) -> Iterator[Page]:
    pages = pages_of(invoice, options, times=invoice.print_count + 1)
    return islice(pages, PREVIEW_PAGES) if options.is_preview else pages


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


def count_prints(job: ExportJob, drawn: dict[int, tuple[int, bool]]) -> None:
    """Count the invoices of a job whose file is there, in the transaction that says so.

    Raises: PrintedMeanwhileError when one was counted or voided since it was drawn.
    """
    options, _pks = options_of(job.filters)
    actor: User = job.requested_by
    record_printed(actor=actor, taxpayer=job.taxpayer, pks=drawn, mode=options.mode, drawn=drawn)
