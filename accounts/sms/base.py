"""What the hall asks of a gateway of short messages (短信网关)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class SmsError(Exception):
    """The gateway did not answer, or not in a way that is understood; the same key may be sent again."""


class SmsRefusedError(Exception):
    """The gateway will not send this message, now or later: a number that does not exist, a person who objects."""


@dataclass(frozen=True)
class Sms:
    """One message; the key makes a repeat the same message."""

    key: str
    phone: str
    text: str


class SmsGateway(Protocol):
    """A way to telephones."""

    is_demo: bool

    def send(self, message: Sms) -> str:
        """Hand a message over and return the gateway's number for it. Raises: SmsError; SmsRefusedError."""


def sms_gateway() -> SmsGateway | None:
    """Return the gateway that the settings name; a site may have none."""
    if not settings.SMS_GATEWAY:
        return None
    gateway: SmsGateway = import_string(settings.SMS_GATEWAY)()
    return gateway
