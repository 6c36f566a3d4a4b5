"""The key file: its owner's alone, and nothing leaves it that a disk would not accept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devices.protocol.messages import UploadAck
from devices.protocol.profiles import PrivateKey
from devices.signer.base import SignerError
from devices.signer.file import FileSigner
from devices.signer.keys import make_key_pem, write_private
from devices.signer.sealing import SealingSigner
from tests.devices import samples
from tests.devices.keys import OTHER, current


@pytest.fixture
def key_file(profile: str, tmp_path: Path) -> Path:
    path = tmp_path / "signer.pem"
    write_private(path, make_key_pem(profile))
    return path


def signer_of(key_file: Path) -> FileSigner:
    return FileSigner(key_file, algorithm=current())


def test_a_token_is_signed_and_names_the_key(key_file: Path) -> None:
    signer = signer_of(key_file)
    token = signer.sign_clear(samples.clear_token())
    token.verify(signer.public_key)
    assert (token.algorithm, token.key_id) == (current(), signer.public_key.key_id)
    assert token.new_cut_off == samples.clear_token().new_cut_off


def test_an_acknowledgement_is_signed(key_file: Path) -> None:
    draft = next(item for item in samples.every_message() if isinstance(item, UploadAck))
    signer = FileSigner(str(key_file), algorithm=current())
    signer.sign_acknowledgement(draft).verify(signer.public_key)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_may_touch_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(SignerError, match="0600"):
        signer_of(key_file)


def test_a_link_is_refused(key_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.pem"
    link.symlink_to(key_file)
    with pytest.raises(SignerError):
        FileSigner(link)


def test_a_missing_file_and_a_file_without_a_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SignerError, match="cannot be read"):
        FileSigner(tmp_path / "absent.pem")
    write_private(tmp_path / "rubbish.pem", b"not a key")
    with pytest.raises(SignerError, match="no usable"):
        FileSigner(tmp_path / "rubbish.pem")


def test_a_key_of_the_other_profile_is_not_taken(key_file: Path) -> None:
    with pytest.raises(SignerError, match="no usable"):
        FileSigner(key_file, algorithm=OTHER[current()])


def test_what_is_signed_already_is_not_signed_again(key_file: Path) -> None:
    signer = signer_of(key_file)
    with pytest.raises(SignerError, match="already"):
        signer.sign_clear(signer.sign_clear(samples.clear_token()))


def test_a_draft_that_cannot_be_a_message_is_not_signed(key_file: Path) -> None:
    with pytest.raises(SignerError, match="cannot sign"):
        signer_of(key_file).sign_clear(replace(samples.clear_token(), serial=""))


def test_a_key_that_signs_wrongly_is_found_before_the_disk_finds_it(profile: str) -> None:
    class Faulty:
        def __init__(self) -> None:
            self._key = PrivateKey.generate(profile)
            self.algorithm, self.key_id, self.public_key = profile, self._key.key_id, self._key.public_key

        def sign(self, message: bytes) -> bytes:
            return self._key.sign(message + b"\x00")

    with pytest.raises(SignerError, match="does not match"):
        SealingSigner(Faulty()).sign_clear(samples.clear_token())
