"""The business clock: what day it is for invoices, periods and disks.

In demo settings the day can be moved forward (演示日期) so that a visitor need not wait for the
filing season. The offset lives in one small file that every process reads; elsewhere it is zero.
"""

from __future__ import annotations

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def offset_file() -> Path:
    """Return where the demo offset is kept."""
    return Path(settings.HALL_VAR) / "demo-clock.json"


def offset() -> timedelta:
    """Return how far the business clock is ahead of the wall clock; zero outside demo settings."""
    if not settings.HALL_DEMO:
        return timedelta()
    try:
        return timedelta(seconds=json.loads(offset_file().read_text())["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return timedelta()


def now() -> datetime:
    """Return the business moment, timezone aware."""
    return timezone.now() + offset()


def today() -> date:
    """Return the business day in the hall's time zone."""
    return timezone.localdate(now())


def set_offset(value: timedelta) -> None:
    """Move the demo clock; written whole so that no reader sees half a file.

    Raises: RuntimeError outside demo settings.
    """
    if not settings.HALL_DEMO:
        raise RuntimeError("the business clock can be moved in demo settings only")
    target = offset_file()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps({"seconds": value.total_seconds()}))
    draft.replace(target)
