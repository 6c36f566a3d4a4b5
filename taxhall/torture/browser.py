"""What a person's browser does: presses buttons, presses again when no answer came, and reads what the hall says."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

SECONDS = 6.0


@dataclass(frozen=True)
class Browser:
    """One signed-in person at one address."""

    address: str
    session: str
    _token: str = field(default_factory=lambda: secrets.token_hex(16))

    def press(self, path: str, form: dict[str, str]) -> bool:
        """Send a form; say whether the hall answered at all (an error page is no answer)."""
        body = urllib.parse.urlencode(form).encode()
        request = self._request(path, body)
        request.add_header("X-CSRFToken", self._token)
        try:
            with _opener.open(request, timeout=SECONDS):
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except (urllib.error.URLError, OSError):
            return False

    def read(self, path: str) -> dict[str, Any] | None:
        """Return what the API says, None when it says nothing."""
        try:
            with _opener.open(self._request(path), timeout=SECONDS) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except (TimeoutError, urllib.error.URLError, OSError, ValueError):
            return None

    def _request(self, path: str, body: bytes | None = None) -> urllib.request.Request:
        request = urllib.request.Request(self.address + path, data=body)  # noqa: S310  (our own hall)
        cookies = {settings.SESSION_COOKIE_NAME: self.session, settings.CSRF_COOKIE_NAME: self._token}
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))
        return request


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect after a form is the answer; nothing is fetched from where it points."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_opener = urllib.request.build_opener(_StayHere)
