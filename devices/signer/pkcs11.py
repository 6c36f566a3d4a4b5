"""The clear key inside a PKCS#11 module (HSM, SoftHSM): the key never comes out, this asks it to sign.

The address is a URI in the manner of RFC 7512:
`pkcs11:token=hall;object=clear-2026?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/secrets/pin`.
"""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devices.protocol.profiles import PublicKey
from devices.signer.base import SignerError
from devices.signer.sealing import SealingSigner

_ONE_LOGIN = threading.Lock()


@dataclass(frozen=True)
class KeyAddress:
    """Where a key lives: module, token, object, and the file that holds the token's PIN."""

    module: str
    token: str
    label: str
    pin_file: str

    @classmethod
    def parse(cls, uri: str) -> KeyAddress:
        """Read the address. Raises: SignerError for one that lacks a part."""
        scheme, _, rest = uri.partition(":")
        path, _, query = rest.partition("?")
        parts = dict(item.split("=", 1) for item in path.split(";") if "=" in item)
        options = dict(parse_qsl(query))
        try:
            if scheme != "pkcs11":
                raise KeyError("pkcs11")
            return cls(
                module=options["module-path"],
                token=unquote(parts["token"]),
                label=unquote(parts["object"]),
                pin_file=options["pin-source"].removeprefix("file:"),
            )
        except KeyError as error:
            raise SignerError(f"the key address lacks {error}") from error


class ModuleKey:
    """A P-256 key in a module. Each use has a session of its own, closed at once: a login counts for the process."""

    algorithm = "intl"

    def __init__(self, address: KeyAddress, *, library: Any = None) -> None:
        """Find the key. `library` is the `pkcs11` package. Raises: SignerError."""
        self._address = address
        self._pkcs11 = library or _library()
        with self._session() as session:
            self._find(session, self._pkcs11.ObjectClass.PRIVATE_KEY)
            public = self._find(session, self._pkcs11.ObjectClass.PUBLIC_KEY)
            self.public_key = PublicKey(self.algorithm, _spki(public[self._pkcs11.Attribute.EC_POINT]))
        self.key_id = self.public_key.key_id

    def sign(self, message: bytes) -> bytes:
        """Return r and s, 32 bytes each; the digest is made here, the signature in the module.

        Raises: SignerError.
        """
        digest = hashlib.sha256(message).digest()
        with self._session() as session:
            private = self._find(session, self._pkcs11.ObjectClass.PRIVATE_KEY)
            try:
                signature = private.sign(digest, mechanism=self._pkcs11.Mechanism.ECDSA)
            except self._pkcs11.PKCS11Error as error:
                raise SignerError(f"the key module refused to sign: {type(error).__name__}") from error
        return bytes(signature)

    @contextmanager
    def _session(self) -> Iterator[Any]:
        """Log in, and out again whatever happens; a second login in one process is refused by every module."""
        address, library = self._address, self._pkcs11
        try:
            pin = Path(address.pin_file).read_text(encoding="utf-8").strip()
            with _ONE_LOGIN, library.lib(address.module).get_token(token_label=address.token).open(user_pin=pin) as own:
                yield own
        except OSError as error:
            raise SignerError(f"the PIN of the key module cannot be read: {error.strerror}") from error
        except library.PKCS11Error as error:
            raise SignerError(f"the key {address.label} cannot be opened: {type(error).__name__}") from error

    def _find(self, session: Any, kind: Any) -> Any:
        return session.get_key(object_class=kind, label=self._address.label)


class Pkcs11Signer(SealingSigner):
    """Signs with a key in a PKCS#11 module, under `intl`: the standard has no mechanism for SM2."""

    def __init__(self, uri: str, *, algorithm: str = ModuleKey.algorithm, library: Any = None) -> None:
        """Find the key at the address. Raises: SignerError, also for another profile."""
        if algorithm != ModuleKey.algorithm:
            raise SignerError(f"a key module signs under {ModuleKey.algorithm}, not {algorithm}")
        super().__init__(ModuleKey(KeyAddress.parse(uri), library=library))


def _library() -> Any:
    try:
        return importlib.import_module("pkcs11")
    except ImportError as error:
        raise SignerError("install python-pkcs11 to sign with a key module: pip install python-pkcs11") from error


def _spki(ec_point: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a point as PKCS#11 gives it, in an OCTET STRING or bare."""
    point = bytes(ec_point)
    if point[:2] == b"\x04\x41" and len(point) == 67:
        point = point[2:]
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise SignerError("the key in the module is not on P-256") from error
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
