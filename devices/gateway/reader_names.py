"""What a card reader is called on screen: virtual ones of the demo in Chinese words, others as their maker does."""

from __future__ import annotations

import re
from gettext import gettext as _

# As PC/SC names the readers of our own configuration (pcscd.py) and those of the driver's own.
_VIRTUAL = re.compile(r"Virtual (?:disk reader|PCD) (\d\d)(?: \d\d)? (\d\d)")


def spoken(reader: str) -> str:
    """Return the name that a person reads."""
    found = _VIRTUAL.fullmatch(reader)
    if found is None:
        return reader
    return _("演示读卡器 %(number)d（插槽 %(slot)d）") % {"number": int(found[1]) + 1, "slot": int(found[2]) + 1}


def technical(reader: str) -> str:
    """Return the name that programs use, where a person reads another one; otherwise nothing."""
    return reader if spoken(reader) != reader else ""
