"""How a PIN is kept: salted and stretched, the same on every disk, so that an order can carry a transport PIN."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets

from devices.protocol.constants import PIN_SALT_LENGTH
from devices.protocol.order_messages import TransportPin

# A short PIN is guarded by its eight tries, not by stretching; a transport PIN by its eighty bits.
PIN_ROUNDS = 1000
_TRANSPORT_BYTES = 10


def stretch(pin: bytes, salt: bytes) -> bytes:
    """Return what of a PIN is stored: PBKDF2 with HMAC-SHA-256, 32 bytes."""
    return hashlib.pbkdf2_hmac("sha256", pin, salt, PIN_ROUNDS)


def make_transport_pin() -> tuple[str, TransportPin]:
    """Return a new transport PIN of 16 characters, and what the order to unblock carries of it."""
    pin = base64.b32encode(secrets.token_bytes(_TRANSPORT_BYTES)).decode("ascii")
    salt = os.urandom(PIN_SALT_LENGTH)
    return pin, TransportPin(salt=salt, digest=stretch(pin.encode(), salt))
