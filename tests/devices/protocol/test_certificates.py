"""Disk certificates: only those of a trusted device CA, in their time, with every name in place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.protocol.certificates import DeviceAuthority, DiskCertificate, TrustAnchor
from devices.protocol.errors import CertificateInvalidError
from devices.protocol.profiles import PrivateKey

NOW = datetime(2026, 10, 1, tzinfo=UTC)


def make_authority(name: str = "device CA", now: datetime = NOW, years: int = 20) -> DeviceAuthority:
    key, certificate = DeviceAuthority.create(name=name, now=now, years=years)
    return DeviceAuthority(key_pem=key, certificate_pem=certificate)


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
    authority, key = make_authority(), PrivateKey.generate()
    disk = authority.anchor.verify(issue(authority, key), at=NOW)
    assert (disk.serial, disk.taxpayer_number) == ("661000000001", "91610113MA6TEKT0XE")
    assert disk.taxpayer_name == "西安示例商贸有限公司"
    assert disk.public_key == key.public_key
    assert DiskCertificate.from_pem(disk.pem) == disk


def test_another_ca_of_the_same_name_is_not_trusted() -> None:
    der = issue(make_authority(), PrivateKey.generate())
    with pytest.raises(CertificateInvalidError, match="trusted"):
        make_authority().anchor.verify(der, at=NOW)


@pytest.mark.parametrize("at", [NOW - timedelta(hours=1), NOW + timedelta(days=31)])
def test_outside_its_time_a_certificate_is_refused(at: datetime) -> None:
    authority = make_authority()
    with pytest.raises(CertificateInvalidError, match="time"):
        authority.anchor.verify(issue(authority, PrivateKey.generate()), at=at)


def test_a_ca_whose_own_time_is_over_vouches_for_nothing() -> None:
    authority = make_authority(now=NOW - timedelta(days=400), years=1)
    with pytest.raises(CertificateInvalidError):
        authority.anchor.verify(issue(authority, PrivateKey.generate()), at=NOW)


def test_two_cas_are_trusted_while_one_replaces_the_other() -> None:
    old, new = make_authority("old"), make_authority("new")
    anchor = TrustAnchor(old.anchor.authorities + new.anchor.authorities)
    for authority in (old, new):
        assert anchor.verify(issue(authority, PrivateKey.generate()), at=NOW).serial == "661000000001"


def test_a_disk_cannot_vouch_for_another_disk() -> None:
    authority = make_authority()
    disk_der = issue(authority, PrivateKey.generate())
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


def test_every_changed_byte_of_the_signed_part_is_noticed() -> None:
    authority = make_authority()
    der = issue(authority, PrivateKey.generate())
    for position in range(4, len(der), 7):
        changed = bytearray(der)
        changed[position] ^= 1
        with pytest.raises(CertificateInvalidError):
            authority.anchor.verify(bytes(changed), at=NOW)
