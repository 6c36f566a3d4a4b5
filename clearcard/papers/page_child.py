"""Child process: read a paper from standard input, write one page of it as a JPEG. Knows nothing of the hall."""

from __future__ import annotations

import io
import resource
import sys
import warnings

import pypdfium2
from PIL import Image

CPU_SECONDS = 10
MEMORY_BYTES = 1024 * 1024 * 1024
QUALITY = 82
FORMATS = {"image/jpeg": ["JPEG"], "image/png": ["PNG"]}


def main() -> None:
    """Limit this process, draw, answer; whatever cannot be drawn ends in an exit code."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    warnings.simplefilter("ignore")
    media_type, page, width, turn = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    content = sys.stdin.buffer.read()
    drawn = _pdf_page(content, page, width) if media_type == "application/pdf" else _image(content, media_type, width)
    # Pillow turns against the clock; people count with it.
    drawn.rotate(-turn, expand=True).convert("RGB").save(sys.stdout.buffer, "JPEG", quality=QUALITY)


def _pdf_page(content: bytes, page: int, width: int) -> Image.Image:
    document = pypdfium2.PdfDocument(content)
    found = document[page - 1]
    picture: Image.Image = found.render(scale=width / found.get_width(), draw_annots=False).to_pil()
    return picture


def _image(content: bytes, media_type: str, width: int) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=FORMATS[media_type])
    picture.draft("RGB", (width, width))
    # A copy of a paper is made smaller, never blown up.
    scale = min(1.0, width / picture.width)
    target = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    flat = Image.new("RGB", target, "white")
    shown = picture.convert("RGBA").resize(target, Image.Resampling.LANCZOS)
    flat.paste(shown, mask=shown.getchannel("A"))
    return flat


if __name__ == "__main__":
    main()
