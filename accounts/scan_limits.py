"""Why a scanner did not look at a file whole, and what whoever sent it can do about it: the words of every page."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.choices import ScanLimit

# Of a verdict that did not say which limit was met.
_UNKNOWN: tuple[Promise, Promise] = (
    _("文件超出病毒检查程序的检查限度"),
    _("请压缩、简化或拆分成较小的文件后重新上传。"),
)
_WORDS: dict[str, tuple[Promise, Promise]] = {
    ScanLimit.SIZE: (_("文件超过病毒检查程序能检查的大小"), _("请压缩或拆分成较小的文件后重新上传。")),
    ScanLimit.DEPTH: (
        _("文件里层层嵌套，超过病毒检查程序能检查的层数"),
        _("请去掉文件里嵌入的文件和压缩包，只保留内容本身后重新上传；缩小文件没有用。"),
    ),
    ScanLimit.COUNT: (
        _("文件里包含的文件太多，超过病毒检查程序能检查的个数"),
        _("请减少文件里的图片和附件，或拆分成几个文件后重新上传。"),
    ),
    ScanLimit.TIME: (
        _("病毒检查程序在规定时间内没有查完这个文件"),
        _("请简化内容或拆分成几个文件后重新上传；原样再传，结果多半一样。"),
    ),
}


def limit_cause(limit: str) -> Promise:
    """Return which limit a file met, in words that begin a sentence."""
    return _WORDS.get(limit, _UNKNOWN)[0]


def limit_step(limit: str) -> Promise:
    """Return what to do about it."""
    return _WORDS.get(limit, _UNKNOWN)[1]
