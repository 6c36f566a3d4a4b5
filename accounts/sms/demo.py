"""A gateway for demonstrations (演示短信): it sends nothing, and the last digits of the number choose a fault.

…0001  refuses the number
…0002  never answers

What it took lies in a small file for some minutes, so that a page of the demonstration can stand in for the telephone.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.sms.base import Sms, SmsError, SmsRefusedError

_REFUSED, _SILENT = "0001", "0002"
_KEPT_SECONDS = 600


class DemoSms:
    """Takes every message, unless the number asks for a fault."""

    is_demo: ClassVar[bool] = True

    def send(self, message: Sms) -> str:
        """Take a message. Raises: SmsError; SmsRefusedError."""
        if message.phone.endswith(_REFUSED):
            raise SmsRefusedError(_("演示：这个号码不存在"))
        if message.phone.endswith(_SILENT):
            raise SmsError("no answer in time")
        _show(message)
        return "DEMO" + hashlib.sha256(message.key.encode()).hexdigest()[:16].upper()


def shown(key: str) -> str:
    """Return what the demonstration's telephone shows of a message; empty for none."""
    try:
        return _place(key).read_text()
    except FileNotFoundError:
        return ""


def _show(message: Sms) -> None:
    place = _place(message.key)
    place.parent.mkdir(parents=True, exist_ok=True)
    for old in place.parent.glob("*.txt"):
        if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
            old.unlink(missing_ok=True)
    place.write_text(message.text)


def _place(key: str) -> Path:
    return Path(settings.HALL_VAR) / "demo-sms" / f"{hashlib.sha256(key.encode()).hexdigest()}.txt"
