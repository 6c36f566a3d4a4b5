"""One thing that keeps an invoice from being issued, told so that it can be mended."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Problem:
    """Where it is, what is wrong, how to mend it; one that does not block is advice to look again."""

    code: str
    field: str
    message: str | Promise
    mend: str | Promise = ""
    is_blocking: bool = True
