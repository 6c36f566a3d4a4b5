"""A gateway for demonstrations (演示短信): it sends nothing, and the last digits of the number choose a fault.

…0001  refuses the number
…0002  never answers
"""

from __future__ import annotations

import hashlib
from typing import ClassVar

from django.utils.translation import gettext as _

from accounts.sms.base import Sms, SmsError, SmsRefusedError

_REFUSED, _SILENT = "0001", "0002"


class DemoSms:
    """Takes every message, unless the number asks for a fault."""

    is_demo: ClassVar[bool] = True

    def send(self, message: Sms) -> str:
        """Take a message. Raises: SmsError; SmsRefusedError."""
        if message.phone.endswith(_REFUSED):
            raise SmsRefusedError(_("演示：这个号码不存在"))
        if message.phone.endswith(_SILENT):
            raise SmsError("no answer in time")
        return "DEMO" + hashlib.sha256(message.key.encode()).hexdigest()[:16].upper()
