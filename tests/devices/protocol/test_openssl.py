"""A second implementation agrees: OpenSSL's command line checks what we sign, and we check what it signs."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from devices.protocol.certificates import DeviceAuthority, DiskCertificate
from devices.protocol.errors import SignatureInvalidError
from devices.protocol.profiles import PrivateKey, get
from devices.protocol.x509_parts import CertificateParts
from tests.devices import samples

IDENTITY = "1234567812345678"
OTHERS = ["ALICE123@YAHOO.COM", "1234567812345679", ""]


def openssl(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=30, check=check)


def to_der(signature: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def from_der(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def options(profile: str, identity: str = IDENTITY) -> list[str]:
    """Return how pkeyutl is told to sign a whole message under a profile."""
    if profile == "intl":
        return ["-rawin", "-digest", "sha256"]
    return ["-rawin", "-digest", "sm3", *(["-pkeyopt", f"distid:{identity}"] if identity else [])]


@pytest.fixture
def key(profile: str, tmp_path: Path) -> PrivateKey:
    """A key that OpenSSL made, in key.pem, and its public half in public.pem."""
    kind = {"intl": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "sm": ["SM2"]}[profile]
    openssl("genpkey", "-algorithm", *kind, "-out", tmp_path / "key.pem")
    openssl("pkey", "-in", tmp_path / "key.pem", "-pubout", "-out", tmp_path / "public.pem")
    return PrivateKey.from_pem(profile, (tmp_path / "key.pem").read_bytes())


def verified_by_openssl(folder: Path, message: bytes, signature: bytes, how: list[str]) -> bool:
    (folder / "message").write_bytes(message)
    (folder / "signature").write_bytes(to_der(signature))
    files = ["-in", folder / "message", "-sigfile", folder / "signature", "-pubin", "-inkey", folder / "public.pem"]
    return openssl("pkeyutl", "-verify", *files, *how, check=False).returncode == 0


def signed_by_openssl(folder: Path, message: bytes, how: list[str]) -> bytes:
    (folder / "message").write_bytes(message)
    done = openssl("pkeyutl", "-sign", "-in", folder / "message", "-inkey", folder / "key.pem", *how)
    return from_der(done.stdout)


def test_openssl_verifies_what_we_sign(profile: str, key: PrivateKey, tmp_path: Path) -> None:
    token = samples.clear_token().seal(key)
    assert verified_by_openssl(tmp_path, token.raw, token.signature, options(profile))
    assert not verified_by_openssl(tmp_path, token.raw + b"\x00", token.signature, options(profile))


def test_we_verify_what_openssl_signs(profile: str, key: PrivateKey, tmp_path: Path) -> None:
    raw = samples.clear_token().seal(key).raw
    signature = signed_by_openssl(tmp_path, raw, options(profile))
    key.public_key.verify(signature, raw)
    with pytest.raises(SignatureInvalidError):
        key.public_key.verify(signature, raw + b"\x00")


def test_dgst_agrees_too(profile: str, key: PrivateKey, tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(b"message")
    (tmp_path / "signature").write_bytes(to_der(key.sign(b"message")))
    how = {"intl": ["-sha256"], "sm": ["-sm3", "-sigopt", f"distid:{IDENTITY}"]}[profile]
    files = ["-verify", tmp_path / "public.pem", "-signature", tmp_path / "signature", tmp_path / "message"]
    assert b"Verified OK" in openssl("dgst", *how, *files).stdout


@pytest.mark.parametrize("identity", OTHERS)
@pytest.mark.parametrize("profile", ["sm"])
def test_another_sm2_identity_is_refused_by_either(
    profile: str, key: PrivateKey, tmp_path: Path, identity: str
) -> None:
    assert not verified_by_openssl(tmp_path, b"message", key.sign(b"message"), options(profile, identity))
    signature = signed_by_openssl(tmp_path, b"message", options(profile, identity))
    with pytest.raises(SignatureInvalidError):
        key.public_key.verify(signature, b"message")


def test_openssl_reads_the_keys_we_write(profile: str, tmp_path: Path) -> None:
    handle = get(profile).generate()
    (tmp_path / "ours.pem").write_bytes(get(profile).private_pem(handle))
    checked = openssl("pkey", "-in", tmp_path / "ours.pem", "-check", "-pubout", "-outform", "DER").stdout
    assert get(profile).public_of(handle) in checked


@pytest.mark.parametrize("name", ["sha256", "sm3"])
def test_openssl_makes_the_same_digests(tmp_path: Path, name: str) -> None:
    (tmp_path / "message").write_bytes(b"message")
    digest = openssl("dgst", f"-{name}", "-binary", tmp_path / "message").stdout
    assert get({"sha256": "intl", "sm3": "sm"}[name]).digest(b"message") == digest


def test_openssl_follows_a_disk_certificate_to_its_ca(profile: str, key: PrivateKey, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    pem, certificate = DeviceAuthority.create(name="device CA", now=now, algorithm=profile)
    authority = DeviceAuthority(key_pem=pem, certificate_pem=certificate, algorithm=profile)
    about = {"serial": samples.SERIAL, "taxpayer_number": samples.NUMBER, "taxpayer_name": samples.NAME}
    disk = DiskCertificate.load(authority.issue(public_key=key.public_key, now=now, **about))
    (tmp_path / "ca.pem").write_bytes(certificate)
    (tmp_path / "disk.pem").write_text(disk.pem)
    command = ["verify", "-CAfile", tmp_path / "ca.pem"]
    how = ["-vfyopt", f"distid:{IDENTITY}"] if profile == "sm" else []
    assert openssl(*command, *how, tmp_path / "disk.pem").returncode == 0
    if profile == "sm":
        assert openssl(*command, tmp_path / "disk.pem", check=False).returncode != 0


@pytest.mark.parametrize("profile", ["sm"])
def test_we_follow_a_certificate_that_openssl_issued(profile: str, key: PrivateKey, tmp_path: Path) -> None:
    subject = ["-subj", "/CN=device CA", "-days", "30", "-sm3", "-sigopt", f"distid:{IDENTITY}"]
    openssl("req", "-x509", "-new", "-key", tmp_path / "key.pem", *subject, "-out", tmp_path / "ca.pem")
    authority = DeviceAuthority(
        key_pem=(tmp_path / "key.pem").read_bytes(),
        certificate_pem=(tmp_path / "ca.pem").read_bytes(),
        algorithm=profile,
    )
    made = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    parts = CertificateParts.read(made.public_bytes(serialization.Encoding.DER))
    key.public_key.verify(parts.signature, parts.signed)
    about = {"serial": samples.SERIAL, "taxpayer_number": samples.NUMBER, "taxpayer_name": samples.NAME}
    now = datetime.now(UTC)
    der = authority.issue(public_key=PrivateKey.generate(profile).public_key, now=now, **about)
    assert authority.anchor.verify(der, at=now).serial == samples.SERIAL
