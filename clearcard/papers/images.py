"""Images are decoded by one decoder and written anew: metadata and anything appended is gone."""

from __future__ import annotations

import io
import warnings

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from clearcard.errors import MaterialRefusedError

MAX_PIXELS = 40_000_000
_FORMATS = {"jpg": "JPEG", "png": "PNG"}


def clean_image(content: bytes, extension: str) -> bytes:
    """Return the same picture re-encoded, turned upright, without metadata.

    Raises: MaterialRefusedError when it cannot be decoded or has too many pixels.
    """
    with warnings.catch_warnings():
        # Our own cap is below Pillow's, which would only warn.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=[_FORMATS[extension]]) as picture:
                _require_size(picture)
                picture.load()
                return _encode(ImageOps.exif_transpose(picture), extension)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            words = _("图片不完整或已损坏，无法打开，没有保存。请重新拍照或扫描。")
            raise MaterialRefusedError(words, fields={"file": [words]}) from error


def _require_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        words = _("图片有 %(w)d × %(h)d 像素，超过 4000 万像素的上限，没有保存。请缩小后再传。") % {
            "w": width,
            "h": height,
        }
        raise MaterialRefusedError(words, fields={"file": [words]})


def _encode(picture: Image.Image, extension: str) -> bytes:
    target = io.BytesIO()
    if extension == "jpg":
        picture.convert("RGB").save(target, "JPEG", quality=90)
    else:
        plain = picture.convert("RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB")
        plain.info = {}
        plain.save(target, "PNG")
    return target.getvalue()
