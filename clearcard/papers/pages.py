"""Papers are shown to officers as pictures made here, never as the file that was handed in (S-19, S-20)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from django.utils.translation import gettext as _

from clearcard.errors import PreviewFailedError

TIMEOUT_SECONDS = 15
# Width in pixels: a small picture beside the case, a page to read, and two steps nearer.
WIDTHS = {"small": 360, "read": 900, "near": 1400, "close": 2000}
TURNS = (0, 90, 180, 270)
_CHILD = Path(__file__).with_name("page_child.py")


def page_picture(*, content: bytes, media_type: str, page: int, width: int, turn: int = 0) -> bytes:
    """Return one page of a paper as a JPEG, drawn by a child process with limits.

    Raises: PreviewFailedError when it cannot be drawn in time.
    """
    words = (sys.executable, "-I", str(_CHILD), media_type, str(page), str(width), str(turn))
    try:
        done = subprocess.run(words, input=content, capture_output=True, timeout=TIMEOUT_SECONDS, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise PreviewFailedError(
            _("这一页的图片没有生成。"), next_step=_("请下载原件查看；原件也打不开的，请退回补正。")
        ) from error
    return done.stdout
