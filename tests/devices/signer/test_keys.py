"""The keys of a demonstration hall are made once and kept private."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.protocol.certificates import TrustAnchor
from devices.protocol.profiles import PrivateKey
from devices.signer.file import FileSigner
from devices.signer.keys import CA_KEYS, make_hall_keys, make_key_pem, write_private

NOW = datetime(2026, 10, 1, tzinfo=UTC)


def test_private_files_are_the_owners_alone_and_making_again_changes_nothing(tmp_path: Path) -> None:
    keys = make_hall_keys(tmp_path / "keys", now=NOW)
    before = {path.name: path.read_bytes() for path in keys.folder.iterdir()}
    assert make_hall_keys(tmp_path / "keys", now=NOW) == keys
    assert {path.name: path.read_bytes() for path in keys.folder.iterdir()} == before
    for path in keys.folder.iterdir():
        if path not in (keys.ca_certificates, keys.archive_public_key):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_keys_of_each_profile_fit_together(profile: str, tmp_path: Path) -> None:
    keys = make_hall_keys(tmp_path, now=NOW)
    der = keys.device_authority(profile).issue(
        public_key=PrivateKey.from_pem(profile, make_key_pem(profile)).public_key,
        serial="661000000001",
        taxpayer_number="91610113MA6TEKT0XE",
        taxpayer_name="西安示例商贸有限公司",
        now=NOW,
    )
    anchor = TrustAnchor.from_pem(keys.ca_certificates.read_text())
    assert anchor.verify(der, at=NOW).serial == "661000000001"
    signer = FileSigner(keys.clear_key(profile), algorithm=profile)
    assert signer.public_key == keys.clear_public_key(profile)
    assert signer.public_key.algorithm == profile


def test_a_hall_that_had_one_profile_gets_the_keys_of_the_other_and_keeps_its_own(tmp_path: Path) -> None:
    keys = make_hall_keys(tmp_path, now=NOW)
    for path in (tmp_path / CA_KEYS["sm"], keys.clear_key("sm")):
        path.unlink()
    kept = keys.ca_certificates.read_bytes().split(b"-----END CERTIFICATE-----")[0]
    keys.ca_certificates.write_bytes(kept + b"-----END CERTIFICATE-----\n")
    before = keys.device_authority("intl").anchor
    make_hall_keys(tmp_path, now=NOW)
    anchor = TrustAnchor.from_pem(keys.ca_certificates.read_text())
    assert anchor.authorities == (*before.authorities, *keys.device_authority("sm").anchor.authorities)
    assert FileSigner(keys.clear_key("sm"), algorithm="sm").public_key == keys.clear_public_key("sm")


def test_a_private_file_is_never_overwritten(tmp_path: Path) -> None:
    write_private(tmp_path / "key.pem", b"first")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key.pem", b"second")
