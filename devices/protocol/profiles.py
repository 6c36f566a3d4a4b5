"""Algorithm profiles: every signed message names one, and keys of one are never used under another.

`intl` is ECDSA on P-256 with SHA-256 and AES-GCM (intl.py), `sm` is SM2 with SM3 and SM4-GCM (sm.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast

from devices.protocol.errors import ProtocolError
from devices.protocol.intl import InternationalProfile
from devices.protocol.sm import ShangMiProfile

KEY_ID_BYTES = 8


class Profile(Protocol):
    """One set of algorithms; keys are given as the library's own objects and never leave their wrapper."""

    name: str
    certificate_algorithm: bytes  # the object identifier of its signatures in X.509, in DER

    def generate(self) -> Any: ...

    def load_private(self, pem: bytes) -> Any: ...

    def private_pem(self, private_key: Any) -> bytes: ...

    def load_public(self, spki: bytes) -> Any: ...

    def public_of(self, private_key: Any) -> bytes: ...

    def sign(self, private_key: Any, message: bytes) -> bytes: ...

    def verify(self, public_key: Any, signature: bytes, message: bytes) -> None: ...

    def digest(self, data: bytes) -> bytes: ...

    def long_digest(self, data: bytes) -> bytes: ...

    def encrypt(self, key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes: ...

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes: ...


_PROFILES: dict[str, Profile] = {
    each.name: each for each in (cast(Profile, InternationalProfile()), cast(Profile, ShangMiProfile()))
}
NAMES: tuple[str, ...] = tuple(_PROFILES)


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
        """The first eight bytes of the profile's digest of the SubjectPublicKeyInfo, in hex."""
        return _key_id(self.algorithm, self.spki)

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
        """Read an unencrypted PEM key. Raises: ProtocolError, ValueError, TypeError."""
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
def _key_id(algorithm: str, spki: bytes) -> str:
    return get(algorithm).digest(spki)[:KEY_ID_BYTES].hex()
