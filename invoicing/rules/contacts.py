"""Taking apart what invoices keep in one text: address with phone, bank with account."""

from __future__ import annotations

import re

# The last word, when it is a phone or an account: digits with what stands between them.
_TAIL = re.compile(r"^(?P<head>.*?)\s*(?P<tail>[+(（]?\d[\d\-()（）]{4,39})$", re.DOTALL)


def split_figures(text: str) -> tuple[str, str]:
    """Return a text without the phone or account at its end, and that; all of it and nothing where there is none."""
    found = _TAIL.match(text.strip())
    return (found["head"], found["tail"]) if found else (text.strip(), "")
