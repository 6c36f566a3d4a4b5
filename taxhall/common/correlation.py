"""The id that ties one request, or one task, to its log lines and audit rows."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("hall_request_id", default="")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9-]{8,64}")


def start(offered: str = "") -> str:
    """Begin a new piece of work and return its id; an offered id is used if it is harmless text."""
    request_id = offered if _ACCEPTABLE.fullmatch(offered) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def current_id() -> str:
    """Return the id of the work going on, or an empty text."""
    return _current.get()
