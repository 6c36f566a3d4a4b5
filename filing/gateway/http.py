"""A treasury reached over HTTPS: orders signed by the hall, answers verified with the treasury's key.

No endpoint of a real treasury is known to this project; the shape is that of common bank-and-treasury
gateways: POST JSON, detached ECDSA P-256 signatures over the exact body, the order key in a header.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import uuid
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.conf import settings
from django.utils import timezone

from filing.gateway.base import (
    PaymentOrder,
    TreasuryAnswer,
    TreasuryError,
    TreasurySignatureError,
    canonical,
    read_answer,
)

ALGORITHM = "ECDSA-P256-SHA256"
KEY_ID = "treasury"
_ECDSA = ec.ECDSA(hashes.SHA256())
_TIMEOUT_SECONDS = 10
_ANSWER_LIMIT = 64 * 1024


def _private_key() -> ec.EllipticCurvePrivateKey:
    """Return our key, which only the process that hands in orders can read."""
    key = load_pem_private_key(Path(settings.TREASURY_KEY_FILE).read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("our key for the treasury must be an elliptic curve key")
    return key


def _public_key() -> ec.EllipticCurvePublicKey:
    """Return the treasury's key."""
    key = load_pem_public_key(Path(settings.TREASURY_PUBLIC_KEY_FILE).read_bytes())
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("the treasury's key must be an elliptic curve key")
    return key


class HttpTreasury:
    """Speaks to the treasury that TREASURY_URL names; each key is opened by who needs it alone."""

    is_demo: ClassVar[bool] = False

    def pay(self, order: PaymentOrder) -> TreasuryAnswer:
        """Hand in an order. Raises: TreasuryError, TreasurySignatureError."""
        return self._exchange("/payments", order)

    def query(self, order: PaymentOrder) -> TreasuryAnswer:
        """Ask what became of an order. Raises: TreasuryError, TreasurySignatureError."""
        return self._exchange("/payments/query", order)

    def verify(self, raw: str, signature: str) -> TreasuryAnswer:
        """Read a signed answer. Raises: TreasurySignatureError."""
        try:
            _public_key().verify(base64.b64decode(signature, validate=True), raw.encode(), _ECDSA)
        except (InvalidSignature, binascii.Error) as error:
            raise TreasurySignatureError("the treasury did not sign this") from error
        return read_answer(raw, signature, key_id=KEY_ID, algorithm=ALGORITHM)

    def _exchange(self, path: str, order: PaymentOrder) -> TreasuryAnswer:
        body = canonical(
            {
                "merchant": settings.TREASURY_MERCHANT,
                # What lets the treasury know a replayed request.
                "message_id": uuid.uuid4().hex,
                "sent_at": timezone.now().isoformat(),
                "key": order.key,
                "taxpayer": order.taxpayer_number,
                "amount": str(order.amount),
                "purpose": order.purpose,
            }
        )
        status, answer = self._post(path, body, self._headers(body, order.key))
        if status != http.client.OK:
            raise TreasuryError(f"the treasury answered with status {status}", sent=True)
        try:
            envelope = json.loads(answer)
            found = self.verify(envelope["raw"], envelope["signature"])
        except (ValueError, KeyError, TypeError) as error:
            raise TreasurySignatureError(f"unreadable answer: {error}") from error
        if found.key != order.key:
            raise TreasurySignatureError("the answer is about another order")
        return found

    def _post(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        place = urlsplit(settings.TREASURY_URL)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=_TIMEOUT_SECONDS)
        sent = False
        try:
            connection.connect()
            sent = True
            connection.request("POST", place.path.rstrip("/") + path, body.encode(), headers)
            response = connection.getresponse()
            return response.status, response.read(_ANSWER_LIMIT)
        except (OSError, http.client.HTTPException) as error:
            raise TreasuryError(str(error) or type(error).__name__, sent=sent) from error
        finally:
            connection.close()

    def _headers(self, body: str, key: str) -> dict[str, str]:
        signature = _private_key().sign(body.encode(), _ECDSA)
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": key,
            "X-Signature": base64.b64encode(signature).decode(),
            "X-Signature-Algorithm": ALGORITHM,
        }
