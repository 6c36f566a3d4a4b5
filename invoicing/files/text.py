"""Text of unknown encoding: UTF-8 with or without a mark, else the encodings of Chinese Windows."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import TextIO

from django.utils.translation import gettext_lazy as _

from invoicing.files.problems import FileRefusedError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PIECE = 1024 * 1024


def decoded(content: bytes) -> str:
    """Return the text. Raises: FileRefusedError when no encoding fits or it is not text at all."""
    return content.decode(_encoding(content))


def opened(content: bytes) -> TextIO:
    """Return the text to be read piece by piece, line ends as they are; it is never held as a whole.

    Raises: FileRefusedError when no encoding fits or it is not text at all.
    """
    return io.TextIOWrapper(io.BytesIO(content), encoding=_encoding(content), newline="")


def _encoding(content: bytes) -> str:
    if b"\x00" in content[:4096] and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _not_text()
    named = [name for mark, name in _MARKS if content.startswith(mark)]
    # UTF-8 first: text in GB18030 is hardly ever valid UTF-8, but much UTF-8 is valid GB18030.
    for name in named or ["utf-8", "gb18030"]:
        try:
            if any("\x00" in piece for piece in codecs.iterdecode(_pieces(content), name)):
                raise _not_text()
        except UnicodeDecodeError:
            continue
        return name
    raise _not_text()


def _pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))


def _not_text() -> FileRefusedError:
    return FileRefusedError(
        "import.not_text",
        _("文件内容不是文本，或使用了无法识别的编码，没有导入。"),
        _("请另存为 UTF-8 或 GBK 编码的文件后再试。"),
    )
