"""The profiles: what is no signature, no key, or a key of another profile is refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from devices.protocol import profiles
from devices.protocol.errors import ProtocolError, SignatureInvalidError
from devices.protocol.profiles import PrivateKey, PublicKey
from devices.signer.keys import make_key_pem
from tests.devices import samples
from tests.devices.keys import OTHER


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_the_library_itself_agrees_with_a_signature() -> None:
    handle = ec.generate_private_key(ec.SECP256R1())
    signature = PrivateKey("intl", handle).sign(b"message")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    handle.public_key().verify(encode_dss_signature(r, s), b"message", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_what_is_no_signature_is_refused(profile: str, signature: bytes) -> None:
    with pytest.raises(SignatureInvalidError):
        PrivateKey.generate(profile).public_key.verify(signature, b"message")


def test_every_changed_bit_of_a_signature_is_noticed(profile: str) -> None:
    key = PrivateKey.generate(profile)
    signature = key.sign(b"message")
    key.public_key.verify(signature, b"message")
    for position in range(64 * 8):
        changed = bytearray(signature)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(SignatureInvalidError):
            key.public_key.verify(bytes(changed), b"message")


def test_a_key_id_names_one_key(profile: str) -> None:
    one, other = PrivateKey.generate(profile), PrivateKey.generate(profile)
    assert one.key_id == one.public_key.key_id != other.key_id
    assert len(one.key_id) == 16


def test_keys_of_other_kinds_are_refused(profile: str) -> None:
    with pytest.raises(ProtocolError):
        PrivateKey.from_pem(profile, pem_of(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(ProtocolError):
        PrivateKey.from_pem(profile, pem_of(rsa.generate_private_key(65537, 2048)))
    with pytest.raises(ProtocolError):
        PublicKey(profile, b"\x30\x00").verify(bytes(64), b"message")


def test_keys_of_the_other_profile_are_refused(profile: str) -> None:
    with pytest.raises(ProtocolError):
        PrivateKey.from_pem(profile, make_key_pem(OTHER[profile]))
    stranger = PrivateKey.generate(OTHER[profile])
    with pytest.raises(ProtocolError):
        PublicKey(profile, stranger.public_key.spki).verify(stranger.sign(b"message"), b"message")


def test_a_message_is_not_believed_under_a_key_of_the_other_profile(profile: str) -> None:
    key = PrivateKey.generate(profile)
    message = samples.clear_token().seal(key)
    message.verify(key.public_key)
    with pytest.raises(SignatureInvalidError):
        message.verify(PublicKey(OTHER[profile], key.public_key.spki))


def test_a_point_beside_the_curve_is_no_key(profile: str) -> None:
    spki = PrivateKey.generate(profile).public_key.spki
    beside = spki[:-1] + bytes((spki[-1] ^ 1,))
    for wrong in (beside, spki[:-64] + bytes(64), spki + b"\x00", spki[:-1]):
        with pytest.raises(ProtocolError):
            PublicKey(profile, wrong).verify(bytes(64), b"message")


def test_what_is_no_private_key_is_refused(profile: str) -> None:
    pem = make_key_pem(profile)
    for wrong in (b"", b"not a key", pem[:-40], pem.replace(b"PRIVATE", b"PUBLIC"), pem[:30] + pem[40:]):
        with pytest.raises((ProtocolError, ValueError)):
            PrivateKey.from_pem(profile, wrong)


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ProtocolError, match="md5"):
        profiles.get("md5")


def test_a_private_key_does_not_show_itself(profile: str) -> None:
    key = PrivateKey.from_pem(profile, make_key_pem(profile))
    assert repr(key) == f"PrivateKey({profile!r}, key_id={key.key_id!r})"
    assert "secret" not in repr(profiles.get("sm").generate())
