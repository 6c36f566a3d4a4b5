"""The detached signature of a policy bundle: Ed25519 over its exact bytes, beside it in FILE.sig."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

ALGORITHM = "Ed25519"
# A signature made for anything else is none for a bundle.
_PURPOSE = b"taxhall policy bundle\n" + ALGORITHM.encode() + b"\n"


class BundleKeyError(Exception):
    """A key is not there, or not of this kind."""


class BundleSignatureError(Exception):
    """The signature is missing, of another key, or not over these bytes."""


class SignatureUnreadableError(BundleSignatureError):
    """What stands in the file is no signature at all: cut off, of another encoding, another file."""


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Return the key that bundles are checked against. Raises: BundleKeyError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleKeyError(f"the public key of policy bundles {str(path)!r} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BundleKeyError(f"{str(path)!r} holds no Ed25519 key")
    return key


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """Return the key of whoever issues bundles. Raises: BundleKeyError."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleKeyError(f"the key {str(path)!r} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleKeyError(f"{str(path)!r} holds no Ed25519 key")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """Return the name of a key: the start of the digest of its public part."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]


def sign(text: bytes, key: Ed25519PrivateKey) -> str:
    """Return what belongs into FILE.sig."""
    signature = base64.b64encode(key.sign(_PURPOSE + text)).decode()
    fields = {"algorithm": ALGORITHM, "key_id": key_id(key.public_key()), "signature": signature}
    return json.dumps(fields, indent=2) + "\n"


def verify(text: bytes, signature: bytes, key: Ed25519PublicKey) -> None:
    """Check a bundle's bytes against what stands in FILE.sig. Raises: BundleSignatureError."""
    algorithm, signer, value = _read(signature)
    if algorithm != ALGORITHM or signer != key_id(key):
        raise BundleSignatureError(f"signed by another key ({signer}) or in another way")
    try:
        key.verify(value, _PURPOSE + text)
    except InvalidSignature as error:
        raise BundleSignatureError("the signature is not over these bytes") from error


def _read(signature: bytes) -> tuple[object, object, bytes]:
    """Return algorithm, key and value of what stands in FILE.sig, which is UTF-8 and nothing else.

    Raises: SignatureUnreadableError.
    """
    try:
        fields = json.loads(signature.decode("utf-8"))
        return fields["algorithm"], fields["key_id"], base64.b64decode(fields["signature"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SignatureUnreadableError("what stands in the file is no signature") from error
