"""One entry: bytes in, a checked paper out, or the real cause why not (S-19, S-20)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from django.utils.translation import gettext as _

from clearcard.errors import MaterialRefusedError
from clearcard.papers.images import clean_image
from clearcard.papers.pdf import count_pages

MAX_BYTES = 10 * 1024 * 1024
MEDIA_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
_EXTENSIONS = {".pdf": "pdf", ".jpg": "jpg", ".jpeg": "jpg", ".png": "png"}
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
)


@dataclass(frozen=True)
class ExaminedPaper:
    """A paper that may be kept; images are re-encoded, so nothing hidden in them survives."""

    content: bytes
    extension: str
    pages: int

    @property
    def media_type(self) -> str:
        """The type it is served with."""
        return MEDIA_TYPES[self.extension]

    @property
    def sha256(self) -> str:
        """The digest of what is kept."""
        return hashlib.sha256(self.content).hexdigest()


def examine(*, name: str, content: bytes) -> ExaminedPaper:
    """Check size, type and content of an uploaded paper.

    Rule: extension and content must agree; PDF without password, scripts, launches and attachments;
    images decoded by the one expected decoder and written anew without metadata.
    Raises: MaterialRefusedError with the real cause.
    """
    if not content:
        raise refusal(_("文件是空的（0 字节），没有保存。请重新选择文件。"))
    if len(content) > MAX_BYTES:
        size = len(content) / 1024 / 1024
        raise refusal(
            _("文件有 %(size).1f MB，超过 10 MB 的上限，没有保存。请压缩或降低扫描分辨率后再传。") % {"size": size}
        )
    extension = _declared(name)
    actual = _detected(content)
    if actual != extension:
        raise refusal(_disagreement(name, content, actual))
    if extension == "pdf":
        return ExaminedPaper(content, extension, count_pages(content))
    return ExaminedPaper(clean_image(content, extension), extension, 1)


def refusal(words: str) -> MaterialRefusedError:
    """Return the error for one paper, told at the file field."""
    return MaterialRefusedError(words, fields={"file": [words]})


def _declared(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    if suffix not in _EXTENSIONS:
        shown = suffix or _("没有扩展名")
        raise refusal(_("只接受 PDF、JPG 和 PNG，您选的是“%(suffix)s”，没有保存。") % {"suffix": shown})
    return _EXTENSIONS[suffix]


def _detected(content: bytes) -> str:
    return next((kind for magic, kind in _SIGNATURES if content.startswith(magic)), "")


def _disagreement(name: str, content: bytes, actual: str) -> str:
    suffix = PurePath(name).suffix
    if actual:
        return _("文件名以“%(suffix)s”结尾，内容却是 %(actual)s，没有保存。请把文件名改对或重新导出。") % {
            "suffix": suffix,
            "actual": actual.upper(),
        }
    return _("文件名以“%(suffix)s”结尾，内容却是%(actual)s，没有保存。请选择真正的 PDF、JPG 或 PNG 文件。") % {
        "suffix": suffix,
        "actual": _guess(content),
    }


def _guess(content: bytes) -> str:
    head = content[:512].lstrip().lower()
    known = (
        (b"pk\x03\x04", _("压缩包或 Office 文档")),
        (b"mz", _("可执行程序")),
        (b"gif8", _("GIF 图片")),
        (b"<svg", _("SVG 图形")),
        (b"<!doctype html", _("网页")),
        (b"<html", _("网页")),
        (b"<?xml", _("XML 文件")),
        (b"\xd0\xcf\x11\xe0", _("旧版 Office 文档")),
        (b"rar!", _("压缩包")),
    )
    return next((words for magic, words in known if head.startswith(magic)), _("无法识别的数据"))
