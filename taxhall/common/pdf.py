"""PDF documents from templates, and the QR codes on them; nothing is fetched from anywhere."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import segno
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

# WeasyPrint takes a fifth of every program's start to load, and most programs never draw a page: it is loaded by
# whoever draws the first.
STYLESHEET = "css/document.css"
# A document is made of its template and its stylesheet; whatever address is written into it is not followed.
NO_PROTOCOL = ("none",)


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """Return the document of a template, A4, fonts embedded; equal content gives equal bytes.

    The file's identifier is the digest of its content, so that a copy can be told from a changed one.
    """
    return html_pdf(render_to_string(template, {"is_demo": settings.HALL_DEMO, **context}))


def html_pdf(text: str, *, stylesheet: str = STYLESHEET, page_rules: str = "") -> bytes:
    """Return a page of HTML as PDF, drawn with a stylesheet of ours and the sizes of its pages."""
    from weasyprint import CSS, HTML  # noqa: PLC0415  (see above)
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    identifier = hashlib.sha256((text + page_rules).encode()).hexdigest()[:32].encode()
    html = HTML(string=text, url_fetcher=URLFetcher(allowed_protocols=NO_PROTOCOL), base_url=None)
    sheet, fonts = _stylesheet(stylesheet)
    sheets = [sheet, CSS(string=page_rules, font_config=fonts)] if page_rules else [sheet]
    content = html.write_pdf(stylesheets=sheets, font_config=fonts, pdf_identifier=identifier)
    if content is None:  # only when a target file was given
        raise RuntimeError("the document was written elsewhere")
    return bytes(content)


@lru_cache(maxsize=4)
def _stylesheet(name: str) -> tuple[CSS, FontConfiguration]:
    from weasyprint import CSS  # noqa: PLC0415  (see above)
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    fonts = FontConfiguration()
    path = finders.find(name)
    if not isinstance(path, str):
        raise FileNotFoundError(name)
    return CSS(string=Path(path).read_text(), font_config=fonts), fonts


def qr_svg(text: str, *, title: str, scale: int = 4) -> SafeString:
    """Return a QR code as inline SVG, error correction M, with a title for readers of the page."""
    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(scale=scale, border=2, svgclass="qr", lineclass=None, title=title, omitsize=False)
    return mark_safe(svg)  # noqa: S308  (segno escapes the title and draws the text as squares)
