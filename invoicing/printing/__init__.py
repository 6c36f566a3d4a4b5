"""Printed invoices: each face is data, one engine draws them all."""

from __future__ import annotations

from invoicing.printing.drawing import draw
from invoicing.printing.pages import (
    PREVIEW_PAGES,
    PRINTABLE,
    PrintOptions,
    copies_among,
    copies_of,
    mode_of,
    page_count,
    page_weight,
    pages_of,
)
from invoicing.printing.shapes import Copy, Page
from invoicing.printing.trial import trial_page, trials_of

__all__ = [
    "PREVIEW_PAGES",
    "PRINTABLE",
    "Copy",
    "Page",
    "PrintOptions",
    "copies_among",
    "copies_of",
    "draw",
    "mode_of",
    "page_count",
    "page_weight",
    "pages_of",
    "trial_page",
    "trials_of",
]
