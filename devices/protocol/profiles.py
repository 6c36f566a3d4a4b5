"""Algorithm profiles: every signed message names one, so that others can follow without ambiguity.

`intl` is ECDSA on P-256 with SHA-256; the signature is r and s, 32 bytes each, as small cards produce it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from devices.protocol.errors import ProtocolError, SignatureInvalidError

KEY_ID_BYTES = 8


class Profile(Protocol):
    """One set of algorithms; keys are given as the library's own objects and never leave their wrapper."""

    name: str

    def generate(self) -> Any: ...

    def load_private(self, pem: bytes) -> Any: ...

    def load_public(self, spki: bytes) -> Any: ...

    def public_of(self, private_key: Any) -> bytes: ...

    def sign(self, private_key: Any, message: bytes) -> bytes: ...

    def verify(self, public_key: Any, signature: bytes, message: bytes) -> None: ...

    def digest(self, data: bytes) -> bytes: ...


class InternationalProfile:
    """ECDSA P-256 with SHA-256 (FIPS 186-5), nonces derived from the message (RFC 6979)."""

    name = "intl"
    _signing = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    _verifying = ec.ECDSA(hashes.SHA256())

    def generate(self) -> ec.EllipticCurvePrivateKey:
        """Make a new private key."""
        return ec.generate_private_key(ec.SECP256R1())

    def load_private(self, pem: bytes) -> ec.EllipticCurvePrivateKey:
        """Read an unencrypted PEM key. Raises: ProtocolError for anything but P-256."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ProtocolError("not a P-256 key")
        return key

    def load_public(self, spki: bytes) -> ec.EllipticCurvePublicKey:
        """Read a SubjectPublicKeyInfo. Raises: ProtocolError for anything but P-256."""
        try:
            key = serialization.load_der_public_key(spki)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ProtocolError("not a public key") from error
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ProtocolError("not a P-256 key")
        return key

    def public_of(self, private_key: ec.EllipticCurvePrivateKey) -> bytes:
        """Return the SubjectPublicKeyInfo of a private key."""
        return private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, private_key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
        """Return r and s, 32 bytes each."""
        r, s = decode_dss_signature(private_key.sign(message, self._signing))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def verify(self, public_key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> None:
        """Check a signature. Raises: SignatureInvalidError."""
        if len(signature) != 64:
            raise SignatureInvalidError("the signature is not 64 bytes long")
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            public_key.verify(encode_dss_signature(r, s), message, self._verifying)
        except InvalidSignature as error:
            raise SignatureInvalidError("the signature does not match") from error

    def digest(self, data: bytes) -> bytes:
        """Return the 32-byte digest."""
        return hashlib.sha256(data).digest()


_PROFILES: dict[str, Profile] = {"intl": cast(Profile, InternationalProfile())}


def get(name: str) -> Profile:
    """Return the profile of that name. Raises: ProtocolError when there is none."""
    try:
        return _PROFILES[name]
    except KeyError as error:
        raise ProtocolError(f"unknown algorithm profile {name!r}") from error


@dataclass(frozen=True)
class PublicKey:
    """A verification key with the profile it is used under."""

    algorithm: str
    spki: bytes

    @property
    def key_id(self) -> str:
        """The first eight bytes of the SHA-256 of the SubjectPublicKeyInfo, in hex."""
        return _key_id(self.spki)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature. Raises: SignatureInvalidError, ProtocolError for an unusable key."""
        get(self.algorithm).verify(_loaded_public(self.algorithm, self.spki), signature, message)


class SigningKey(Protocol):
    """A private key wherever it lives: in memory or in a module that only signs."""

    algorithm: str
    key_id: str
    public_key: PublicKey

    def sign(self, message: bytes) -> bytes: ...


class PrivateKey:
    """A signing key that stays in memory of whoever loaded it; it has no export."""

    def __init__(self, algorithm: str, handle: Any) -> None:
        self.algorithm = algorithm
        self._profile = get(algorithm)
        self._handle = handle
        self.public_key = PublicKey(algorithm, self._profile.public_of(handle))
        self.key_id = self.public_key.key_id

    @classmethod
    def generate(cls, algorithm: str = "intl") -> PrivateKey:
        """Make a new key."""
        return cls(algorithm, get(algorithm).generate())

    @classmethod
    def from_pem(cls, algorithm: str, pem: bytes) -> PrivateKey:
        """Read an unencrypted PEM key. Raises: ProtocolError, ValueError."""
        return cls(algorithm, get(algorithm).load_private(pem))

    def sign(self, message: bytes) -> bytes:
        """Sign the exact bytes."""
        return self._profile.sign(self._handle, message)

    def __repr__(self) -> str:
        return f"PrivateKey({self.algorithm!r}, key_id={self.key_id!r})"


@lru_cache(maxsize=512)
def _loaded_public(algorithm: str, spki: bytes) -> Any:
    return get(algorithm).load_public(spki)


@lru_cache(maxsize=512)
def _key_id(spki: bytes) -> str:
    return hashlib.sha256(spki).digest()[:KEY_ID_BYTES].hex()
