"""Disk certificates: only those of a trusted device CA, in their time, with every name in place, in one profile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from devices.protocol import tlv
from devices.protocol.certificates import DeviceAuthority, DiskCertificate, TrustAnchor
from devices.protocol.errors import CertificateInvalidError
from devices.protocol.profiles import PrivateKey
from tests.devices.keys import OTHER, current, make_authority

NOW = datetime(2026, 10, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("profile")


def new_key() -> PrivateKey:
    return PrivateKey.generate(current())


def issue(authority: DeviceAuthority, key: PrivateKey, days: int = 30) -> bytes:
    return authority.issue(
        public_key=key.public_key,
        serial="661000000001",
        taxpayer_number="91610113MA6TEKT0XE",
        taxpayer_name="西安示例商贸有限公司",
        now=NOW,
        days=days,
    )


def test_a_certificate_tells_who_the_disk_is() -> None:
    authority, key = make_authority(), new_key()
    disk = authority.anchor.verify(issue(authority, key), at=NOW)
    assert (disk.serial, disk.taxpayer_number) == ("661000000001", "91610113MA6TEKT0XE")
    assert disk.taxpayer_name == "西安示例商贸有限公司"
    assert disk.public_key == key.public_key
    assert disk.algorithm == current()
    assert DiskCertificate.from_pem(disk.pem) == disk


def test_another_ca_of_the_same_name_is_not_trusted() -> None:
    der = issue(make_authority(), new_key())
    with pytest.raises(CertificateInvalidError, match="trusted"):
        make_authority().anchor.verify(der, at=NOW)


def test_the_same_key_under_another_name_is_not_the_ca() -> None:
    pem, certificate = DeviceAuthority.create(name="one", now=NOW, algorithm=current())
    authority = DeviceAuthority(key_pem=pem, certificate_pem=certificate, algorithm=current())
    der = issue(authority, new_key())
    renamed = bytes(authority.anchor.authorities[0]).replace(b"one", b"two")
    with pytest.raises(CertificateInvalidError, match="trusted"):
        TrustAnchor((renamed,)).verify(der, at=NOW)


@pytest.mark.parametrize("at", [NOW - timedelta(hours=1), NOW + timedelta(days=31)])
def test_outside_its_time_a_certificate_is_refused(at: datetime) -> None:
    authority = make_authority()
    with pytest.raises(CertificateInvalidError, match="time"):
        authority.anchor.verify(issue(authority, new_key()), at=at)


def test_a_ca_whose_own_time_is_over_vouches_for_nothing() -> None:
    authority = make_authority(now=NOW - timedelta(days=400), years=1)
    with pytest.raises(CertificateInvalidError):
        authority.anchor.verify(issue(authority, new_key()), at=NOW)


def test_two_cas_are_trusted_while_one_replaces_the_other() -> None:
    old, new = make_authority(name="old"), make_authority(name="new")
    anchor = TrustAnchor(old.anchor.authorities + new.anchor.authorities)
    for authority in (old, new):
        assert anchor.verify(issue(authority, new_key()), at=NOW).serial == "661000000001"


def test_a_disk_cannot_vouch_for_another_disk() -> None:
    authority = make_authority()
    disk_der = issue(authority, new_key())
    with pytest.raises(CertificateInvalidError):
        TrustAnchor((disk_der,)).verify(disk_der, at=NOW)


def test_a_ca_certificate_is_no_disk_certificate() -> None:
    authority = make_authority()
    with pytest.raises(CertificateInvalidError):
        authority.anchor.verify(authority.anchor.authorities[0], at=NOW)


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"not a certificate", bytes(500)])
def test_rubbish_is_refused(der: bytes) -> None:
    with pytest.raises(CertificateInvalidError):
        DiskCertificate.load(der)


def test_every_changed_byte_is_noticed() -> None:
    authority = make_authority()
    der = issue(authority, new_key())
    for position in range(4, len(der), 7):
        changed = bytearray(der)
        changed[position] ^= 1
        with pytest.raises(CertificateInvalidError):
            authority.anchor.verify(bytes(changed), at=NOW)


def test_a_ca_certifies_keys_of_its_own_profile_alone() -> None:
    authority = make_authority()
    with pytest.raises(CertificateInvalidError, match="profile"):
        issue(authority, PrivateKey.generate(OTHER[current()]))


def test_a_ca_of_the_other_profile_vouches_for_nothing_here() -> None:
    der = issue(make_authority(), new_key())
    with pytest.raises(CertificateInvalidError, match="trusted"):
        make_authority(OTHER[current()]).anchor.verify(der, at=NOW)


def test_a_certificate_that_names_the_other_profile_for_its_key_is_refused() -> None:
    der = issue(make_authority(), new_key())
    mark = {"intl": b"\x0c\x04intl", "sm": b"\x0c\x02sm"}[current()]
    assert mark in der
    with pytest.raises(CertificateInvalidError):
        DiskCertificate.load(der.replace(mark, mark[:2] + {"intl": b"sm  ", "sm": b"it"}[current()]))


def test_a_certificate_that_names_another_signature_algorithm_is_refused() -> None:
    der = issue(make_authority(), new_key())
    names = {"intl": "06082a8648ce3d040302", "sm": "06082a811ccf55018375"}
    ours, theirs = bytes.fromhex(names[current()]), bytes.fromhex(names[OTHER[current()]])
    assert der.count(ours) == 2
    for count, why in ((1, "two signature algorithms"), (2, "profile")):
        with pytest.raises(CertificateInvalidError, match=why):
            DiskCertificate.load(der.replace(ours, theirs, count))


def test_the_ca_finds_its_own_certificate_among_several_or_says_that_it_has_none() -> None:
    pem, certificate = DeviceAuthority.create(name="ours", now=NOW, algorithm=current())
    _, other = DeviceAuthority.create(name="theirs", now=NOW, algorithm=OTHER[current()])
    authority = DeviceAuthority(key_pem=pem, certificate_pem=other + certificate, algorithm=current())
    assert TrustAnchor.from_pem((other + certificate).decode()).verify(issue(authority, new_key()), at=NOW).serial
    with pytest.raises(CertificateInvalidError, match="no certificate"):
        DeviceAuthority(key_pem=pem, certificate_pem=other, algorithm=current())


def test_a_ca_without_constraints_vouches_for_nothing() -> None:
    authority = make_authority()
    der = issue(authority, new_key())
    certificate = x509.load_der_x509_certificate(authority.anchor.authorities[0])
    bare = without_extension(certificate.public_bytes(serialization.Encoding.DER), "551d13")
    with pytest.raises(CertificateInvalidError, match="trusted"):
        TrustAnchor((bare,)).verify(der, at=NOW)


def without_extension(der: bytes, oid: str) -> bytes:
    """Return a certificate that lacks an extension; its own signature is of no interest here."""
    (_, body), *rest = tlv.decode_all(tlv.decode_all(der)[0][1])
    *fields, (tag, extensions) = tlv.decode_all(body)
    kept = [item for item in tlv.decode_all(tlv.decode_all(extensions)[0][1]) if bytes.fromhex(oid) not in item[1][:7]]
    packed = tlv.encode(0x30, b"".join(tlv.encode(*item) for item in kept))
    inner = b"".join(tlv.encode(*item) for item in (*fields, (tag, packed)))
    return tlv.encode(0x30, tlv.encode(0x30, inner) + b"".join(tlv.encode(*item) for item in rest))
