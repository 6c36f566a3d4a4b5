"""The gateway over HTTP: what is signed and sent, and that only a whole answer counts."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from accounts.sms.base import Sms, SmsError, SmsRefusedError
from accounts.sms.http import HttpSms

MESSAGE = Sms(key="k1", phone="13800001234", text="西安某某公司：申报明天到期")


class Gateway(BaseHTTPRequestHandler):
    """Answers as it is told and remembers what it heard."""

    answer: ClassVar[tuple[int, bytes]] = (200, b"{}")
    heard: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((dict(self.headers), body))
        status, text = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def gateway(settings: Any, tmp_path: Path) -> Iterator[type[Gateway]]:
    """Serve a gateway on loopback and name it in the settings."""
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    key = tmp_path / "key"
    key.write_bytes(b"shared\n")
    settings.SMS_URL = f"http://127.0.0.1:{server.server_port}/messages"
    settings.SMS_ACCOUNT, settings.SMS_KEY_FILE = "hall", str(key)
    Gateway.heard.clear()
    yield Gateway
    server.shutdown()
    thread.join(timeout=5)
    server.server_close()


def test_a_message_is_signed_and_its_key_makes_a_repeat_the_same(gateway: type[Gateway]) -> None:
    gateway.answer = (200, b'{"state": "accepted", "reference": "R7"}')
    assert HttpSms().send(MESSAGE) == "R7"
    ((headers, body),) = gateway.heard
    assert headers["Idempotency-Key"] == "k1"
    assert headers["X-Signature"] == hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    said = json.loads(body)
    assert (said["account"], said["phone"], said["text"]) == ("hall", MESSAGE.phone, MESSAGE.text)


def test_a_refusal_is_final(gateway: type[Gateway]) -> None:
    gateway.answer = (200, '{"state": "refused", "message": "空号"}'.encode())
    with pytest.raises(SmsRefusedError, match="空号"):
        HttpSms().send(MESSAGE)


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b'{"state": "accepted"}'), (200, b'{"state": "x"}')]
)
def test_whatever_else_is_said_is_no_answer(gateway: type[Gateway], answer: tuple[int, bytes]) -> None:
    gateway.answer = answer
    with pytest.raises(SmsError):
        HttpSms().send(MESSAGE)


def test_a_gateway_that_is_away_is_no_answer(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"shared")
    settings.SMS_URL, settings.SMS_ACCOUNT, settings.SMS_KEY_FILE = "http://127.0.0.1:9/", "hall", str(tmp_path / "key")
    with pytest.raises(SmsError):
        HttpSms().send(MESSAGE)
