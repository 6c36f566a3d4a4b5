"""The profile `sm`: SM2 with SM3, SM4-GCM (GB/T 32918, 32905, 32907); signatures are r and s, 32 bytes each.

SM2 is GmSSL's, because `cryptography` knows no SM2 keys; SM3 and SM4 are those of `cryptography`. Nothing here
is a certified module (商用密码认证): the algorithms are the law's, the implementation is not.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

import gmssl_pyx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from devices.protocol.errors import CipherError, ProtocolError, SignatureInvalidError

# The identity that enters every SM2 digest (ZA). The default of GB/T 35276 and GM/T 0009: certificates and
# other programs use it too, and what tells our messages apart is their label.
SIGNER_IDENTITY = b"1234567812345678"
# An SM2 key has one length, so its DER has one form: what stands before the numbers never changes.
_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
_PKCS8 = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_PKCS8_PUBLIC = bytes.fromhex("a14403420004")
_BEGIN, _END = b"-----BEGIN PRIVATE KEY-----", b"-----END PRIVATE KEY-----"  # pragma: allowlist secret
_PEM = re.compile(rb"\s*" + _BEGIN + rb"\s+([A-Za-z0-9+/=\s]+)" + _END + rb"\s*")
_TAG_LENGTH = 16


@dataclass(frozen=True)
class Sm2PrivateKey:
    """The secret number and the point that belongs to it."""

    secret: bytes = field(repr=False)
    point: bytes  # x and y


class ShangMiProfile:
    """SM2 with SM3 (GB/T 32918.2) under the default identity; SM4-GCM (RFC 8998)."""

    name = "sm"
    certificate_algorithm = bytes.fromhex("06082a811ccf55018375")  # 1.2.156.10197.1.501, SM2-with-SM3

    def generate(self) -> Sm2PrivateKey:
        """Make a new private key."""
        point, secret = gmssl_pyx.sm2_key_generate()
        return Sm2PrivateKey(secret, point)

    def load_private(self, pem: bytes) -> Sm2PrivateKey:
        """Read an unencrypted PKCS#8 PEM key with its public point, as OpenSSL and this program write it.

        Raises: ProtocolError for anything but an SM2 key whose two halves belong together; ValueError.
        """
        found = _PEM.fullmatch(pem)
        der = base64.b64decode(b"".join(found[1].split()), validate=True) if found else b""
        secret, middle, point = der[36:68], der[68:74], der[74:]
        if der[:36] != _PKCS8 or middle != _PKCS8_PUBLIC or len(point) != 64:
            raise ProtocolError("not an SM2 key with its public point")
        key = Sm2PrivateKey(secret, point)
        try:
            self.verify(self.load_public(_SPKI + point), self.sign(key, b"pairwise"), b"pairwise")
        except (gmssl_pyx.GmsslInnerError, SignatureInvalidError) as error:
            raise ProtocolError("the public point is not that of the SM2 key") from error
        return key

    def private_pem(self, private_key: Sm2PrivateKey) -> bytes:
        """Return a private key as unencrypted PEM (PKCS#8), for the file that is to hold it."""
        der = _PKCS8 + private_key.secret + _PKCS8_PUBLIC + private_key.point
        text = base64.b64encode(der)
        lines = b"\n".join(text[start : start + 64] for start in range(0, len(text), 64))
        return b"\n".join((_BEGIN, lines, _END, b""))

    def load_public(self, spki: bytes) -> bytes:
        """Read a SubjectPublicKeyInfo. Raises: ProtocolError for anything but a point on the SM2 curve."""
        if spki[: len(_SPKI)] != _SPKI or len(spki) != len(_SPKI) + 64:
            raise ProtocolError("not an SM2 key")
        try:
            return bytes(gmssl_pyx.normalize_sm2_public_key(spki[len(_SPKI) :]))
        except gmssl_pyx.InvalidValueError as error:
            raise ProtocolError("not a point on the SM2 curve") from error

    def public_of(self, private_key: Sm2PrivateKey) -> bytes:
        """Return the SubjectPublicKeyInfo of a private key."""
        return _SPKI + private_key.point

    def sign(self, private_key: Sm2PrivateKey, message: bytes) -> bytes:
        """Return r and s, 32 bytes each; each signature has a random number of its own."""
        signed = gmssl_pyx.sm2_sign(private_key.secret, private_key.point, message, SIGNER_IDENTITY)
        r, s = decode_dss_signature(signed)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def verify(self, public_key: bytes, signature: bytes, message: bytes) -> None:
        """Check a signature. Raises: SignatureInvalidError."""
        if len(signature) != 64:
            raise SignatureInvalidError("the signature is not 64 bytes long")
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            matches = gmssl_pyx.sm2_verify(public_key, message, encode_dss_signature(r, s), SIGNER_IDENTITY)
        except gmssl_pyx.GmsslInnerError as error:
            raise SignatureInvalidError("the signature cannot be checked") from error
        if not matches:
            raise SignatureInvalidError("the signature does not match")

    def digest(self, data: bytes) -> bytes:
        """Return the 32-byte digest."""
        state = hashes.Hash(hashes.SM3())
        state.update(data)
        return state.finalize()

    def long_digest(self, data: bytes) -> bytes:
        """Return a digest of 64 bytes, by the derivation of GB/T 32918.4 (that of ANSI X9.63)."""
        return X963KDF(hashes.SM3(), length=64, sharedinfo=None).derive(data)

    def encrypt(self, key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Return the data encrypted and sealed, tag last; the key has 16 bytes, a nonce of 12 serves once for it."""
        sealing = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(associated)
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Return what was encrypted. Raises: CipherError when anything differs."""
        if len(sealed) < _TAG_LENGTH:
            raise CipherError("too short to be sealed data")
        opening = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG_LENGTH:])).decryptor()
        opening.authenticate_additional_data(associated)
        try:
            return opening.update(sealed[:-_TAG_LENGTH]) + opening.finalize()
        except InvalidTag as error:
            raise CipherError("the sealed data were changed, or belong elsewhere") from error
