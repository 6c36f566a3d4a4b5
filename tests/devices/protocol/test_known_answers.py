"""Every primitive of both profiles gives the answers that its own standard prints."""

from __future__ import annotations

import base64

import gmssl_pyx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from devices.protocol.errors import CipherError, ProtocolError, SignatureInvalidError
from devices.protocol.profiles import PrivateKey, PublicKey, get
from devices.protocol.sm import SIGNER_IDENTITY

INTL, SM = get("intl"), get("sm")

# RFC 6979, A.2.5: P-256 with SHA-256, message "sample".
RFC_KEY = int("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", 16)
RFC_R = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
RFC_S = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

# GB/T 32918.5-2017: the recommended curve, and the signature example of annex A with the identity
# "1234567812345678" and the message "message digest".
CURVE_A = "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
CURVE_B = "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
BASE_X = "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
BASE_Y = "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
GB_SECRET = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
GB_X = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
GB_Y = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
GB_ZA = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
GB_E = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
GB_R = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
GB_S = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
# The same standard's encryption example: the shared point, and the first bytes derived from it.
GB_SHARED = (
    "335e18d751e51f040e27d468138b7ab1dc86ad7f981d7d416222fd6ab3ed230d"
    "ab743ebcfb22d64f7b6ab791f70658f25b48fa93e54064fdbfbed3f0bd847ac9"
)
GB_DERIVED = "44e60fdbf0bae81437665374bef26749046c9e"

SPKI_HEAD = "3059301306072a8648ce3d020106082a811ccf5501822d03420004"


def gb_public_key() -> PublicKey:
    return PublicKey("sm", bytes.fromhex(SPKI_HEAD + GB_X + GB_Y))


def gb_pem(x: str = GB_X, y: str = GB_Y, secret: str = GB_SECRET) -> bytes:
    """Return the key of the standard as PKCS#8 in PEM."""
    head = "308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420"
    der = bytes.fromhex(head + secret + "a14403420004" + x + y)
    lines = [b"-----BEGIN PRIVATE KEY-----", base64.b64encode(der), b"-----END PRIVATE KEY-----", b""]
    return b"\n".join(lines)


def test_p256_signs_as_rfc_6979_says() -> None:
    key = PrivateKey("intl", ec.derive_private_key(RFC_KEY, ec.SECP256R1()))
    assert key.sign(b"sample").hex() == RFC_R + RFC_S


@pytest.mark.parametrize(
    ("profile", "data", "digest"),
    [  # FIPS 180-4 and GB/T 32905-2016, annex A
        ("intl", b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sm", b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        ("sm", b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_digests_are_those_of_the_standards(profile: str, data: bytes, digest: str) -> None:
    assert get(profile).digest(data).hex() == digest


def test_long_digests_are_those_of_the_standards() -> None:
    assert INTL.long_digest(b"abc").hex().startswith("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2")
    assert SM.long_digest(bytes.fromhex(GB_SHARED)).hex().startswith(GB_DERIVED)
    assert len(INTL.long_digest(b"abc")) == len(SM.long_digest(b"abc")) == 64


def identity_digest(x: str, y: str, identity: bytes) -> bytes:
    """Return ZA as GB/T 32918.2, 5.5 builds it: length in bits, identity, curve, base point, public point."""
    length = (len(identity) * 8).to_bytes(2, "big")
    return SM.digest(length + identity + bytes.fromhex(CURVE_A + CURVE_B + BASE_X + BASE_Y + x + y))


def test_the_identity_enters_the_digest_as_the_standard_says() -> None:
    za = identity_digest(GB_X, GB_Y, SIGNER_IDENTITY)
    assert za.hex() == GB_ZA
    assert SM.digest(za + b"message digest").hex() == GB_E


def test_the_standards_sm2_signature_verifies_and_any_other_does_not() -> None:
    key, signature = gb_public_key(), bytes.fromhex(GB_R + GB_S)
    key.verify(signature, b"message digest")
    for wrong, message in ((signature, b"message digesT"), (signature[32:] + signature[:32], b"message digest")):
        with pytest.raises(SignatureInvalidError):
            key.verify(wrong, message)


def test_our_sm2_signatures_are_over_exactly_that_identity_digest() -> None:
    key = PrivateKey.from_pem("sm", gb_pem())
    assert key.public_key == gb_public_key()
    signature = key.sign(b"message digest")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    point = bytes.fromhex(GB_X + GB_Y)
    assert gmssl_pyx.sm2_verify_sm3_digest(point, bytes.fromhex(GB_E), encode_dss_signature(r, s))
    other = SM.digest(identity_digest(GB_X, GB_Y, b"ALICE123@YAHOO.COM") + b"message digest")
    assert not gmssl_pyx.sm2_verify_sm3_digest(point, other, encode_dss_signature(r, s))


def test_an_sm2_key_whose_halves_do_not_belong_together_is_refused() -> None:
    other = PrivateKey.generate("sm").public_key.spki.hex()[-128:]
    with pytest.raises(ProtocolError, match="point"):
        PrivateKey.from_pem("sm", gb_pem(other[:64], other[64:]))
    with pytest.raises(ProtocolError, match="curve"):
        PrivateKey.from_pem("sm", gb_pem(GB_Y, GB_X))
    for secret in ("00" * 32, "ff" * 32):
        with pytest.raises(ProtocolError, match="point"):
            PrivateKey.from_pem("sm", gb_pem(secret=secret))


def test_sm4_encrypts_the_block_of_its_standard() -> None:
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")  # GB/T 32907-2016, A.1: key and data
    sealing = Cipher(algorithms.SM4(block), modes.ECB()).encryptor()  # noqa: S305  (one block, as the standard has it)
    assert (sealing.update(block) + sealing.finalize()).hex() == "681edf34d206965e86b3e94f536e4246"


# McGrew and Viega, The Galois/Counter Mode of Operation, test case 16 (AES-256); RFC 8998, A.1 (SM4).
SEALED = {
    "intl": {
        "key": "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "nonce": "cafebabefacedbaddecaf888",
        "associated": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "data": "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "sealed": "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
    },
    "sm": {
        "key": "0123456789abcdeffedcba9876543210",
        "nonce": "00001234567800000000abcd",
        "associated": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "data": "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
        "sealed": "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec",
    },
}


def case(profile: str) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    return tuple(bytes.fromhex(SEALED[profile][name]) for name in ("key", "nonce", "data", "associated", "sealed"))


@pytest.mark.parametrize("profile", SEALED)
def test_sealed_data_are_those_of_the_standards_and_open_again(profile: str) -> None:
    key, nonce, data, associated, sealed = case(profile)
    assert get(profile).encrypt(key, nonce, data, associated) == sealed
    assert get(profile).decrypt(key, nonce, sealed, associated) == data


@pytest.mark.parametrize("profile", SEALED)
def test_sealed_data_that_were_changed_or_belong_elsewhere_do_not_open(profile: str) -> None:
    key, nonce, _, associated, sealed = case(profile)
    changed = [sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :] for at in (0, 30, len(sealed) - 1)]
    attempts = [(key, nonce, each, associated) for each in (*changed, sealed[:-1], sealed[:15], b"")]
    attempts += [
        (key, nonce, sealed, b""),
        (key, bytes(12), sealed, associated),
        (key[::-1], nonce, sealed, associated),
    ]
    for attempt in attempts:
        with pytest.raises(CipherError):
            get(profile).decrypt(*attempt)


def test_a_cipher_key_of_another_length_is_not_taken() -> None:
    with pytest.raises(CipherError, match="32 bytes"):
        INTL.encrypt(bytes(16), bytes(12), b"data", b"")
    with pytest.raises(ValueError, match="key size"):
        SM.encrypt(bytes(32), bytes(12), b"data", b"")
