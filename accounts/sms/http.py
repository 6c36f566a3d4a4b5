"""A gateway reached over HTTPS: messages signed by the hall with a shared key.

No endpoint of a real gateway is known to this project; the shape is that of common ones: POST JSON, HMAC-SHA256 over
the exact body, the message's key in a header so that a repeat is sent once.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from accounts.sms.base import Sms, SmsError, SmsRefusedError

_TIMEOUT_SECONDS = 5
_ANSWER_LIMIT = 16 * 1024


class HttpSms:
    """Speaks to the gateway that SMS_URL names."""

    is_demo: ClassVar[bool] = False

    def send(self, message: Sms) -> str:
        """Hand a message over. Raises: SmsError; SmsRefusedError."""
        body = json.dumps(
            {
                "account": settings.SMS_ACCOUNT,
                "key": message.key,
                "phone": message.phone,
                "text": message.text,
                "sent_at": timezone.now().isoformat(),
            },
            ensure_ascii=False,
        ).encode()
        answer = self._post(body, message.key)
        state, reference = answer.get("state"), str(answer.get("reference", ""))
        if state == "refused":
            raise SmsRefusedError(str(answer.get("message", ""))[:150])
        if state != "accepted" or not reference:
            raise SmsError("the gateway gave no answer that is understood")
        return reference[:60]

    def _post(self, body: bytes, key: str) -> dict[str, Any]:
        place = urlsplit(settings.SMS_URL)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("POST", place.path or "/", body, _headers(body, key))
            response = connection.getresponse()
            status, text = response.status, response.read(_ANSWER_LIMIT)
        except (OSError, http.client.HTTPException) as error:
            raise SmsError(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        if status != http.client.OK:
            raise SmsError(f"the gateway answered with status {status}")
        return _read(text)


def _read(text: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise SmsError("the gateway's answer cannot be read") from error
    if not isinstance(answer, dict):
        raise SmsError("the gateway's answer cannot be read")
    return answer


def _headers(body: bytes, key: str) -> dict[str, str]:
    secret = Path(settings.SMS_KEY_FILE).read_bytes().strip()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": key,
        "X-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest(),
        "X-Signature-Algorithm": "HMAC-SHA256",
    }
