"""The HTTPS treasury: signed orders, verified answers, timeouts told apart by whether bytes left."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from filing.gateway.base import PaymentOrder, TreasuryError, TreasurySignatureError, canonical
from filing.gateway.http import HttpTreasury

ORDER = PaymentOrder("key-1", "91610113MA6TEKT0XE", Decimal("500.00"), "VAT 2026-10")
SIGNING = ec.ECDSA(hashes.SHA256())


class Treasury(HTTPServer):
    """A treasury on loopback with a key of its own."""

    key: ec.EllipticCurvePrivateKey
    answer_with: str = "good"
    seen: list[tuple[str, dict[str, str], bytes]]

    def answer(self) -> tuple[int, bytes]:
        """Return status and body of the scripted answer."""
        raw = canonical(
            {
                "key": "other" if self.answer_with == "other" else "key-1", "state": "received", "amount": "500.00",
                "reference": "R1", "message": "", "answered_at": "2026-11-05T10:00:00+08:00",
            }
        )  # fmt: skip
        signer = ec.generate_private_key(ec.SECP256R1()) if self.answer_with == "forged" else self.key
        signature = base64.b64encode(signer.sign(raw.encode(), SIGNING)).decode()
        if self.answer_with == "nonsense":
            return 200, b"<html>"
        if self.answer_with == "error":
            return 503, b""
        return 200, json.dumps({"raw": raw, "signature": signature}).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers one POST."""

    server: Treasury

    def do_POST(self) -> None:
        """Keep what was asked and answer as scripted."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        status, answer = self.server.answer()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture
def treasury(tmp_path: Path, settings: Any) -> Iterator[Treasury]:
    """Run a treasury on a free port and point the settings at it."""
    server = Treasury(("127.0.0.1", 0), Handler)
    server.key, server.seen = ec.generate_private_key(ec.SECP256R1()), []
    public = server.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "public.pem").write_bytes(public)
    ours = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "ours.pem").write_bytes(pem(ours))
    settings.TREASURY_URL = f"http://127.0.0.1:{server.server_port}/api"
    settings.TREASURY_MERCHANT = "taxhall"
    settings.TREASURY_KEY_FILE = str(tmp_path / "ours.pem")
    settings.TREASURY_PUBLIC_KEY_FILE = str(tmp_path / "public.pem")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_an_order_is_signed_and_a_signed_answer_believed(treasury: Treasury, tmp_path: Path) -> None:
    answer = HttpTreasury().pay(ORDER)
    assert (answer.state, answer.amount, answer.reference) == ("received", Decimal("500.00"), "R1")
    path, headers, body = treasury.seen[0]
    assert path == "/api/payments"
    assert headers["Idempotency-Key"] == "key-1"
    ours = serialization.load_pem_private_key((tmp_path / "ours.pem").read_bytes(), None)
    assert isinstance(ours, ec.EllipticCurvePrivateKey)
    ours.public_key().verify(base64.b64decode(headers["X-Signature"]), body, SIGNING)


def test_a_question_goes_to_its_own_address(treasury: Treasury) -> None:
    HttpTreasury().query(ORDER)
    assert treasury.seen[0][0] == "/api/payments/query"


@pytest.mark.parametrize("fault", ["forged", "other", "nonsense"])
def test_an_answer_that_is_not_the_treasurys_own_is_not_believed(treasury: Treasury, fault: str) -> None:
    treasury.answer_with = fault
    with pytest.raises(TreasurySignatureError):
        HttpTreasury().pay(ORDER)


def test_an_error_answer_may_have_taken_the_order(treasury: Treasury) -> None:
    treasury.answer_with = "error"
    with pytest.raises(TreasuryError) as caught:
        HttpTreasury().pay(ORDER)
    assert caught.value.sent


def test_a_closed_port_took_nothing(treasury: Treasury, settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.TREASURY_URL = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(TreasuryError) as caught:
            HttpTreasury().pay(ORDER)
    assert not caught.value.sent


def test_the_process_that_serves_pages_needs_no_key_of_ours(treasury: Treasury, settings: Any) -> None:
    settings.TREASURY_KEY_FILE = ""
    _status, body = treasury.answer()
    envelope = json.loads(body)
    assert not HttpTreasury.is_demo
    assert HttpTreasury().verify(envelope["raw"], envelope["signature"]).state == "received"


def test_every_request_carries_a_number_and_its_moment(treasury: Treasury) -> None:
    HttpTreasury().pay(ORDER)
    HttpTreasury().query(ORDER)
    first, second = (json.loads(body) for _path, _headers, body in treasury.seen)
    assert first["message_id"] != second["message_id"]
    assert first["sent_at"] <= second["sent_at"]
