"""The profile `intl`: ECDSA on P-256 with SHA-256, AES-GCM; signatures are r and s, 32 bytes each."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from devices.protocol.errors import CipherError, ProtocolError, SignatureInvalidError


class InternationalProfile:
    """ECDSA P-256 with SHA-256 (FIPS 186-5), nonces derived from the message (RFC 6979); AES-256-GCM."""

    name = "intl"
    certificate_algorithm = bytes.fromhex("06082a8648ce3d040302")  # 1.2.840.10045.4.3.2, ecdsa-with-SHA256
    _signing = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    _verifying = ec.ECDSA(hashes.SHA256())

    def generate(self) -> ec.EllipticCurvePrivateKey:
        """Make a new private key."""
        return ec.generate_private_key(ec.SECP256R1())

    def load_private(self, pem: bytes) -> ec.EllipticCurvePrivateKey:
        """Read an unencrypted PEM key. Raises: ProtocolError for anything but P-256; ValueError, TypeError."""
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except UnsupportedAlgorithm as error:
            raise ProtocolError("not a P-256 key") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ProtocolError("not a P-256 key")
        return key

    def private_pem(self, private_key: ec.EllipticCurvePrivateKey) -> bytes:
        """Return a private key as unencrypted PEM (PKCS#8), for the file that is to hold it."""
        return private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

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

    def long_digest(self, data: bytes) -> bytes:
        """Return a digest of 64 bytes."""
        return hashlib.sha512(data).digest()

    def encrypt(self, key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        """Return the data encrypted and sealed, tag last; the key has 32 bytes, a nonce of 12 serves once for it."""
        return _cipher(key).encrypt(nonce, data, associated)

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Return what was encrypted. Raises: CipherError when anything differs."""
        try:
            return _cipher(key).decrypt(nonce, sealed, associated)
        except InvalidTag as error:
            raise CipherError("the sealed data were changed, or belong elsewhere") from error


def _cipher(key: bytes) -> AESGCM:
    if len(key) != 32:
        raise CipherError("a key of this profile has 32 bytes")
    return AESGCM(key)
