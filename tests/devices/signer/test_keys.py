"""The keys of a demonstration hall are made once and kept private."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.protocol.certificates import TrustAnchor
from devices.protocol.profiles import PrivateKey
from devices.signer.file import FileSigner
from devices.signer.keys import make_hall_keys, make_key_pem, write_private

NOW = datetime(2026, 10, 1, tzinfo=UTC)


def test_private_files_are_the_owners_alone_and_making_again_changes_nothing(tmp_path: Path) -> None:
    keys = make_hall_keys(tmp_path / "keys", now=NOW)
    before = {path.name: path.read_bytes() for path in keys.folder.iterdir()}
    assert make_hall_keys(tmp_path / "keys", now=NOW) == keys
    assert {path.name: path.read_bytes() for path in keys.folder.iterdir()} == before
    for path in keys.folder.iterdir():
        if path != keys.ca_certificate:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_keys_fit_together(tmp_path: Path) -> None:
    keys = make_hall_keys(tmp_path, now=NOW)
    der = keys.device_authority().issue(
        public_key=PrivateKey.from_pem("intl", make_key_pem()).public_key,
        serial="661000000001",
        taxpayer_number="91610113MA6TEKT0XE",
        taxpayer_name="西安示例商贸有限公司",
        now=NOW,
    )
    anchor = TrustAnchor.from_pem(keys.ca_certificate.read_text())
    assert anchor.verify(der, at=NOW).serial == "661000000001"
    assert FileSigner(keys.clear_key).public_key == keys.clear_public_key()


def test_a_private_file_is_never_overwritten(tmp_path: Path) -> None:
    write_private(tmp_path / "key.pem", b"first")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key.pem", b"second")
