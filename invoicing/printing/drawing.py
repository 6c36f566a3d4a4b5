"""Pages become one PDF: each text at its place, every size in millimetres."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from invoicing.printing.fitting import LINE_HEIGHT, POINT
from invoicing.printing.shapes import Page, Stroke, Text
from taxhall.common.pdf import html_pdf, qr_svg

STYLESHEET = "css/invoice_print.css"


def draw(pages: Iterable[Page], *, title: str) -> bytes:
    """Return the pages as one PDF; equal pages give equal bytes."""
    bodies, rules = [], {}
    for page in pages:
        width, height = page.sheet or (page.width, page.height)
        name = f"p{width:g}x{height:g}".replace(".", "_")
        rules[name] = f"@page {name} {{ size: {width:g}mm {height:g}mm; margin: 0 }}"
        bodies.append(_page(page, name, width, height))
    text = (
        f"<!DOCTYPE html><html lang='zh-CN'><head><title>{escape(title)}</title></head><body>{''.join(bodies)}</body>"
    )
    return html_pdf(text, stylesheet=STYLESHEET, page_rules="\n".join(rules.values()))


def _page(page: Page, name: str, width: float, height: float) -> str:
    look = f"page:{name};width:{width:g}mm;height:{height - 0.05:g}mm"
    parts: list[str] = [_ink(page.strokes, page.width, page.height)] if page.strokes else []
    parts += [_stamp(page, at) for at in range(len(page.stamps))]
    if page.seal is not None:
        box = page.seal.box
        parts.append(f'<div class="seal" style="{_place(box.left, box.top, box.width, box.height)}"></div>')
        parts.append(_text(page.seal))
    if page.qr is not None:
        place = _place(page.qr.left, page.qr.top, page.qr.side, page.qr.side)
        parts.append(f'<div class="qr-place" style="{place}">{qr_svg(page.qr_text, title="")}</div>')
    parts += [_text(text) for text in page.texts]
    moved = f"left:{page.right:g}mm;top:{page.down:g}mm;width:{page.width:g}mm;height:{page.height:g}mm"
    if page.scale != 1.0:
        moved += f";transform:scale({page.scale:.5f})"
    return f'<section style="{look}"><div class="face" style="{moved}">{"".join(parts)}</div></section>'


def _place(left: float, top: float, width: float, height: float) -> str:
    return f"left:{left:g}mm;top:{top:g}mm;width:{width:g}mm;height:{height:g}mm"


def _text(text: Text) -> str:
    """Write the lines of a text in the middle of its box, one below the other."""
    box, step = text.box, text.size * POINT * LINE_HEIGHT
    above = 0.0 if box.is_top else max(0.0, (box.height - step * len(text.lines)) / 2)
    look = f"{_place(box.left, box.top, box.width, box.height - above)};padding-top:{above:.3f}mm"
    look += f";font-size:{text.size:g}pt;line-height:{step:.3f}mm"
    classes = f"{box.tone} {box.align}{' bold' if box.is_bold else ''}"
    lines = "<br>".join(escape(line) or "&nbsp;" for line in text.lines)
    return f'<div class="{classes}" style="{look}">{lines}</div>'


def _stamp(page: Page, at: int) -> str:
    stamp = page.stamps[at]
    size = min(44.0, page.width / (len(stamp.words) * POINT) * 0.7)
    high = size * POINT * 1.5
    top = page.height / 2 - high / 2
    look = f"{_place(0, top, page.width, high)};font-size:{size:.1f}pt;line-height:{high:.1f}mm"
    return f'<div class="stamp" style="{look}"><span class="{stamp.tone}">{escape(stamp.words)}</span></div>'


def _ink(strokes: Iterable[Stroke], width: float, height: float) -> SafeString:
    lines = "".join(
        f'<line x1="{each.x1:g}" y1="{each.y1:g}" x2="{each.x2:g}" y2="{each.y2:g}" stroke-width="{each.width:g}"/>'
        for each in strokes
    )
    size = f'width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}"'
    return mark_safe(f'<svg class="ink" {size} stroke="#8c3b12">{lines}</svg>')  # noqa: S308  (numbers only)
