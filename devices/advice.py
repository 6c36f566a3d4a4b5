"""What is told about a code of a disk."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Advice:
    """What happened in the user's words and what can be done about it."""

    code: str
    message: str | Promise
    next_step: str | Promise
    is_retryable: bool = False
    needs_person: bool = False
    replace_disk: bool = False
    reference: str = ""
