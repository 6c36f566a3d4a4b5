"""The secret of an endpoint, sealed at rest, and the signature that proves where news comes from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

HEADER = "Taxhall-Signature"
_PURPOSE = b"taxhall invoicing hooks"


def new_secret() -> str:
    """Return a secret nobody can guess."""
    return f"whsec_{secrets.token_urlsafe(32)}"


def seal(secret: str) -> str:
    """Return the secret as it is kept: a copy of the database alone signs nothing."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str | None:
    """Return a kept secret; None when the hall's own key has changed since."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def signature(body: bytes, *, at: int, keys: Iterable[str]) -> str:
    """Return the header: the moment, and for each secret the HMAC-SHA256 of moment, dot and body."""
    signed = str(at).encode() + b"." + body
    marks = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in keys]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(each)) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret_key: str | bytes) -> bytes:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(force_bytes(secret_key))
    return base64.urlsafe_b64encode(derived)
