"""The algorithms: known answers, a second reader of every signature, and keys that do not belong."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from devices.protocol import profiles
from devices.protocol.errors import ProtocolError, SignatureInvalidError
from devices.protocol.profiles import PrivateKey, PublicKey

# RFC 6979, A.2.5: P-256 with SHA-256, message "sample".
RFC_KEY = int("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", 16)
RFC_R = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
RFC_S = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_signatures_are_those_of_rfc_6979() -> None:
    key = PrivateKey("intl", ec.derive_private_key(RFC_KEY, ec.SECP256R1()))
    assert key.sign(b"sample").hex() == RFC_R + RFC_S


def test_digests_are_those_of_fips_180() -> None:
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert profiles.get("intl").digest(b"abc").hex() == expected


def test_the_library_itself_agrees_with_a_signature() -> None:
    handle = ec.generate_private_key(ec.SECP256R1())
    signature = PrivateKey("intl", handle).sign(b"message")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    handle.public_key().verify(encode_dss_signature(r, s), b"message", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(SignatureInvalidError):
        PrivateKey.generate().public_key.verify(signature, b"message")


def test_a_key_id_names_one_key() -> None:
    one, other = PrivateKey.generate(), PrivateKey.generate()
    assert one.key_id == one.public_key.key_id != other.key_id
    assert len(one.key_id) == 16


def test_keys_of_other_kinds_are_refused() -> None:
    with pytest.raises(ProtocolError):
        PrivateKey.from_pem("intl", pem_of(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(ProtocolError):
        PrivateKey.from_pem("intl", pem_of(rsa.generate_private_key(65537, 2048)))
    with pytest.raises(ProtocolError):
        PublicKey("intl", b"\x30\x00").verify(bytes(64), b"message")


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ProtocolError, match="md5"):
        profiles.get("md5")


def test_a_private_key_does_not_show_itself() -> None:
    assert "PRIVATE" not in repr(PrivateKey.generate())
