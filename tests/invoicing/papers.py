"""How tests read a printed face: its words, its pages in millimetres, its QR code, its picture."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import pypdfium2
import zxingcpp
from PIL import Image
from pypdf import PdfReader

POINT = 25.4 / 72


def words_of(content: bytes) -> str:
    """Return the text of a PDF without the spaces its places made."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


def sizes_of(content: bytes) -> list[tuple[float, float]]:
    """Return the size of each page in millimetres."""
    pages = PdfReader(io.BytesIO(content)).pages
    return [
        (round(float(page.mediabox.width) * POINT, 1), round(float(page.mediabox.height) * POINT, 1)) for page in pages
    ]


def picture_of(content: bytes, *, page: int = 0, scale: float = 3.0) -> Image.Image:
    """Return a page as it looks."""
    found: Image.Image = pypdfium2.PdfDocument(content)[page].render(scale=scale).to_pil()
    return found.convert("L")


def code_of(content: bytes) -> str:
    """Return what the QR code on the first page says."""
    found = zxingcpp.read_barcodes(picture_of(content, scale=4.0))
    return found[0].text if found else ""


def letters_of(content: bytes) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Yield each drawn character of the first page with its box: left, top, right, bottom in millimetres."""
    page = pypdfium2.PdfDocument(content)[0]
    high, text = page.get_height(), page.get_textpage()
    for at in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(at, loose=False)
        character = text.get_text_range(at, 1)
        if right > left and character.strip():
            yield character, (left * POINT, (high - top) * POINT, right * POINT, (high - bottom) * POINT)


def letters_across(content: bytes, lines: Iterable[float], *, between: tuple[float, float]) -> list[str]:
    """Return the characters that stand across one of these upright lines, between two heights."""
    return [
        character
        for character, (left, top, right, bottom) in letters_of(content)
        for x in lines
        if left < x - 0.05 and right > x + 0.05 and top > between[0] and bottom < between[1]
    ]
