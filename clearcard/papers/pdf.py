"""PDF files are looked into by a child process with limits, so that a hostile one costs seconds, not the hall."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from django.utils.translation import gettext as _

from clearcard.errors import MaterialRefusedError

MAX_PAGES = 20
TIMEOUT_SECONDS = 15
_CHILD = Path(__file__).with_name("pdf_child.py")


def count_pages(content: bytes) -> int:
    """Return the number of pages of an acceptable PDF.

    Raises: MaterialRefusedError for passwords, scripts, launches, attachments, damage, too many pages.
    """
    found = _look_inside(content)
    pages = int(str(found.get("pages", 0)))
    words = _words(str(found.get("problem", "")), pages)
    if words:
        raise MaterialRefusedError(words, fields={"file": [words]})
    return pages


def _look_inside(content: bytes) -> dict[str, object]:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_CHILD)],
            input=content,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return {"problem": "too_heavy"}
    return answer if isinstance(answer, dict) else {"problem": "too_heavy"}


def _words(problem: str, pages: int) -> str:
    if problem:
        known = {
            "damaged": _("PDF 文件不完整或已损坏，无法打开，没有保存。请重新导出或扫描。"),
            "encrypted": _("PDF 文件有密码保护，税务人员无法查看，没有保存。请去掉密码后再传。"),
            "script": _("PDF 文件里有脚本（JavaScript），出于安全没有保存。请用“打印为 PDF”重新生成。"),
            "launch": _("PDF 文件里有启动外部程序或提交数据的动作，出于安全没有保存。请重新生成。"),
            "embedded": _("PDF 文件里嵌有附件或多媒体，出于安全没有保存。请去掉附件后再传。"),
            "too_heavy": _("PDF 文件过于复杂，无法在限定时间内检查完，没有保存。请重新扫描为普通 PDF。"),
        }
        return known.get(problem, known["damaged"])
    if pages == 0:
        return _("PDF 文件没有页面，没有保存。请重新导出或扫描。")
    if pages > MAX_PAGES:
        return _("PDF 有 %(n)d 页，超过 %(max)d 页的上限，没有保存。请只保留需要的页。") % {
            "n": pages,
            "max": MAX_PAGES,
        }
    return ""
