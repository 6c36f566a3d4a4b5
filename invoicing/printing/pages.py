"""From an invoice to its pages: the face once for each copy, then its list of goods."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from devices.choices import InvoiceKind
from invoicing.choices import InvoiceState
from invoicing.choices_files import PrintMode, PrintPaper
from invoicing.errors_files import NoFaceError
from invoicing.models import Invoice
from invoicing.printing import annex, digital, forms, vehicle
from invoicing.printing.fitting import fit
from invoicing.printing.flow import roll_page
from invoicing.printing.shapes import Box, Copy, FaceLayout, Page, Stamp, Text
from invoicing.printing.values import Printed, printed_of

LAYOUTS: dict[str, FaceLayout] = {
    InvoiceKind.SPECIAL: forms.SPECIAL,
    InvoiceKind.ORDINARY: forms.ORDINARY,
    InvoiceKind.E_SPECIAL: forms.E_SPECIAL,
    InvoiceKind.E_ORDINARY: forms.E_ORDINARY,
    InvoiceKind.VEHICLE: vehicle.LAYOUT,
    InvoiceKind.DIGITAL_SPECIAL: digital.LAYOUT,
    InvoiceKind.DIGITAL_ORDINARY: digital.LAYOUT,
}
# Faces that are not of one fixed size.
_ROLLS = frozenset({InvoiceKind.ROLL.value})
_ROLL_LINES = 30
PRINTABLE: frozenset[str] = frozenset({*LAYOUTS, *_ROLLS})
A4_WIDTH, A4_HEIGHT = 210.0, 297.0
NOTE = "note"
# More would be drawn while somebody waits.
PREVIEW_PAGES = 12


@dataclass(frozen=True)
class PrintOptions:
    """What was chosen for a print; the nudge in tenths of a millimetre."""

    mode: str = PrintMode.WHOLE
    paper: str = PrintPaper.OWN
    copies: tuple[str, ...] = ()
    right: int = 0
    down: int = 0
    is_preview: bool = False


def copies_of(kind: str) -> tuple[Copy, ...]:
    """Return the copies that a kind has; electronic ones and rolls have one and no name for it."""
    layout = LAYOUTS.get(kind)
    return layout.copies if layout else ()


def copies_among(kinds: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the copies that some of these kinds have, each with the words by which it is chosen.

    Rule: where the kinds number or use their copies differently, its plain name is all that is true of each.
    """
    found: dict[str, list[Copy]] = {}
    for kind in sorted(kinds):
        for copy in copies_of(kind):
            found.setdefault(copy.slug, []).append(copy)
    return tuple((slug, _called(copies)) for slug, copies in found.items())


def _called(copies: Sequence[Copy]) -> str:
    first = copies[0]
    return f"{first.name}（{first.purpose}）" if len({*copies}) == 1 else first.plain_name


def pages_of(invoice: Invoice, options: PrintOptions, *, times: int = 1) -> Iterator[Page]:
    """Yield the pages of one invoice, `times` being how often it has been printed with this one.

    Raises: NoFaceError for a kind that has no face here.
    """
    if invoice.kind not in PRINTABLE:
        raise NoFaceError(str(invoice.get_kind_display()))
    # Only on a paper form is anything written over; whatever else is in the same print is drawn whole.
    options = replace(options, mode=mode_of(invoice.kind, options.mode))
    printed = printed_of(invoice)
    note = _note(options, times)
    stamps = _stamps(invoice, options)
    layout = LAYOUTS.get(invoice.kind)
    if layout is None:
        yield _nudged(roll_page(printed, note=note, stamps=stamps), options)
        return
    for copy in _copies(layout, options):
        edge = {"copy": "\n".join(copy.edge) if copy else ""}
        for values, rows in _leaves(layout, printed):
            page = _face(layout, printed, options, values=edge | values, rows=rows, note=note)
            yield _nudged(replace(page, stamps=stamps), options)
    if _has_list(layout, printed):
        note = _note(replace(options, mode=PrintMode.WHOLE), times)  # the list is drawn whole beside any form
        yield from (replace(page, stamps=stamps) for page in _annex(printed, note))


def mode_of(kind: str, mode: str) -> str:
    """Return how a kind is really printed: written on its form only where it has one."""
    layout = LAYOUTS.get(kind)
    has_form = layout is not None and layout.is_paper_form
    return mode if has_form else PrintMode.WHOLE


def page_count(invoice: Invoice, options: PrintOptions) -> int:
    """Return how many pages an invoice takes, without drawing it."""
    return sum(_counts(invoice, options))


def page_weight(invoice: Invoice, options: PrintOptions) -> int:
    """Return how long an invoice takes to be drawn, a page of a face being one: lists hold three times as much."""
    faces, listed = _counts(invoice, options)
    rolls = len(invoice.lines.all()) // _ROLL_LINES if invoice.kind in _ROLLS else 0
    return faces + 3 * listed + rolls


def _counts(invoice: Invoice, options: PrintOptions) -> tuple[int, int]:
    """Return the pages of the face and of the list of goods."""
    lines, layout = len(invoice.lines.all()), LAYOUTS.get(invoice.kind)
    if layout is None:
        return 1, 0
    room = layout.rows.count
    copies = len(tuple(_copies(layout, replace(options, mode=mode_of(invoice.kind, options.mode)))))
    if layout.goes_on:
        return max(1, -(-lines // room)) * copies, 0
    return copies, -(-lines // annex.LAYOUT.rows.count) if 0 < room < lines else 0


def _copies(layout: FaceLayout, options: PrintOptions) -> Iterable[Copy | None]:
    """An overprint strikes through all copies at once; on white paper each is a page."""
    if not layout.copies or options.mode == PrintMode.OVERPRINT:
        return (None,)
    chosen = [copy for copy in layout.copies if copy.slug in options.copies]
    return chosen or (layout.usual_copy,)


def _has_list(layout: FaceLayout, printed: Printed) -> bool:
    return not layout.goes_on and 0 < layout.rows.count < len(printed.listed)


def _leaves(layout: FaceLayout, printed: Printed) -> Iterator[tuple[dict[str, str], Sequence[dict[str, str]]]]:
    """Yield what only one page of a face says, and its lines: one page, or as many as its lines need."""
    room, rows = layout.rows.count, printed.listed
    if not layout.goes_on or len(rows) <= room:
        yield {}, (pointer(printed),) if _has_list(layout, printed) else rows
        return
    count = -(-len(rows) // room)
    for at in range(count):
        part = rows[at * room : (at + 1) * room]
        yield {"page_label": _("小　　　　计"), "leaf": _leaf(at, count)} | annex.sums_of(part), part


def _leaf(at: int, count: int) -> str:
    return _("共 %(count)d 页　第 %(page)d 页") % {"count": count, "page": at + 1}


def _face(
    layout: FaceLayout,
    printed: Printed,
    options: PrintOptions,
    *,
    values: dict[str, str],
    rows: Sequence[dict[str, str]],
    note: str,
) -> Page:
    is_over = options.mode == PrintMode.OVERPRINT and layout.is_paper_form
    texts = list(_placed(layout.places, printed.values | values)) + list(_lines(layout, rows))
    if not is_over:
        texts += _placed(layout.words, printed.values | values)
    if note:
        texts.append(fit(Box(10, layout.height - 6.5, layout.width - 20, 4, size=6.5, tone=NOTE, align="center"), note))
    return Page(
        layout.width,
        layout.height,
        tuple(texts),
        strokes=() if is_over else layout.strokes,
        qr=layout.qr if printed.qr_text else None,
        qr_text=printed.qr_text,
        seal=None if is_over or layout.seal is None else fit(layout.seal, layout.seal.words),
    )


def pointer(printed: Printed) -> dict[str, str]:
    """Return the one line that stands for all of those on the list of goods."""
    rates = {row["rate"] for row in printed.listed}
    return {
        "name": _("(详见销货清单)"),
        "amount": printed.values["amount"].removeprefix("¥"),
        "rate": rates.pop() if len(rates) == 1 else "",
        "tax": printed.values["tax"].removeprefix("¥"),
    }


def _placed(boxes: Iterable[Box], values: dict[str, str]) -> Iterator[Text]:
    for box in boxes:
        if text := box.words or values.get(box.value, ""):
            yield fit(box, text)


def _lines(layout: FaceLayout, rows: Iterable[dict[str, str]]) -> Iterator[Text]:
    plan = layout.rows
    for at, row in enumerate(rows):
        for column in plan.columns:
            if text := row.get(column.value, ""):
                yield fit(
                    Box(
                        column.left,
                        plan.top + at * plan.height,
                        column.width,
                        plan.height,
                        size=column.size,
                        align=column.align,
                        is_whole=column.is_whole,
                    ),
                    text,
                )


def _annex(printed: Printed, note: str) -> Iterator[Page]:
    layout, rows = annex.LAYOUT, printed.listed
    count = -(-len(rows) // layout.rows.count)
    for at in range(count):
        start = at * layout.rows.count
        part = rows[start : start + layout.rows.count]
        values = printed.values | annex.sums_of(part)
        values["leaf"] = _leaf(at, count)
        listed = [row | {"position": str(start + number)} for number, row in enumerate(part, start=1)]
        texts = [*_placed(layout.words, values), *_placed(layout.places, values), *_lines(layout, listed)]
        if note:
            texts.append(fit(Box(12, layout.height - 12, 186, 4, size=6.5, tone=NOTE, align="center"), note))
        yield Page(layout.width, layout.height, tuple(texts), strokes=layout.strokes)


def _note(options: PrintOptions, times: int) -> str:
    """Return what stands at the foot: a copy after the first is told, a demonstration as well."""
    parts = []
    if times > 1 and not options.is_preview and options.mode == PrintMode.WHOLE:
        parts.append(_("第 %(times)d 次打印") % {"times": times})
    if options.is_preview:
        parts.append(_("预览最多显示前 %(most)d 页") % {"most": PREVIEW_PAGES})
    if settings.HALL_DEMO:
        parts.append(_("演示系统，不与真实税务机关相连"))
    return "　".join(parts)


def _stamps(invoice: Invoice, options: PrintOptions) -> tuple[Stamp, ...]:
    if invoice.state == InvoiceState.VOIDED:
        return (Stamp(_("作　废"), "red"),)
    if invoice.state == InvoiceState.IN_DOUBT:
        return (Stamp(_("待　核　实"), "grey"),)
    if not invoice.is_numbered:
        return (Stamp(_("草稿　未开具"), "grey"),)
    return (Stamp(_("预　览"), "grey"),) if options.is_preview else ()


def _nudged(page: Page, options: PrintOptions) -> Page:
    """Move what is written on a form by what the printer is off, or put a whole face on a sheet of A4."""
    if options.mode == PrintMode.OVERPRINT:
        return replace(page, right=options.right / 10, down=options.down / 10)
    if options.paper == PrintPaper.A4 and page.width > 100:
        return replace(page, sheet=(A4_WIDTH, A4_HEIGHT), scale=min(1.0, A4_WIDTH / page.width))
    return page
