"""The key module adapter, against a stand-in for the module that holds a real key."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from devices.signer.base import SignerError
from devices.signer.pkcs11 import KeyAddress, Pkcs11Signer
from tests.devices import samples

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


class ModuleError(Exception):
    """What the library raises."""


class FakeLibrary:
    """As much of the `pkcs11` package as the adapter uses; signs with a real P-256 key."""

    PKCS11Error = ModuleError
    Mechanism = SimpleNamespace(ECDSA="ECDSA")
    ObjectClass = SimpleNamespace(PRIVATE_KEY="private", PUBLIC_KEY="public")
    Attribute = SimpleNamespace(EC_POINT="point")

    def __init__(self, *, wrapped: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.wrapped = wrapped
        self.fails = False
        self.is_logged_in = False
        self.asked: list[Any] = []

    def lib(self, path: str) -> FakeLibrary:
        self.asked.append(path)
        return self

    def get_token(self, token_label: str) -> FakeLibrary:
        if token_label != "hall":
            raise ModuleError
        return self

    def open(self, user_pin: str) -> FakeLibrary:
        self.asked.append(user_pin)
        if self.is_logged_in:
            # As a module does: the login is the process's, not the session's.
            raise ModuleError
        self.is_logged_in = True
        return self

    def __enter__(self) -> FakeLibrary:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_logged_in = False

    def get_key(self, object_class: str, label: str) -> Any:
        self.asked.append(label)
        if object_class == "private":
            return self
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"point": b"\x04\x41" + point if self.wrapped else point}

    def sign(self, digest: bytes, mechanism: str) -> bytes:
        if self.fails:
            raise ModuleError
        assert (len(digest), mechanism) == (32, "ECDSA")
        r, s = utils.decode_dss_signature(self.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256()))))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.fixture
def address(tmp_path: Path) -> str:
    (tmp_path / "pin").write_text("1234\n")
    return f"pkcs11:token=hall;object=clear%202026?module-path={MODULE}&pin-source=file:{tmp_path / 'pin'}"


@pytest.mark.parametrize("wrapped", [True, False], ids=["octet string", "bare point"])
def test_the_module_signs_and_the_key_never_leaves_it(address: str, wrapped: bool) -> None:
    library = FakeLibrary(wrapped=wrapped)
    signer = Pkcs11Signer(address, library=library)
    signer.sign_clear(samples.clear_token()).verify(signer.public_key)
    assert set(library.asked) == {MODULE, "1234", "clear 2026"}
    assert not library.is_logged_in


def test_one_process_signs_again_and_again_and_leaves_no_session_open(address: str) -> None:
    library = FakeLibrary()
    for _ in range(3):
        signer = Pkcs11Signer(address, library=library)
        signer.sign_clear(samples.clear_token()).verify(signer.public_key)
        signer.sign_order(samples.authority_order()).verify(signer.public_key)
    library.fails = True
    with pytest.raises(SignerError):
        signer.sign_clear(samples.clear_token())
    assert not library.is_logged_in


def test_a_module_that_refuses_is_told_in_words(address: str) -> None:
    library = FakeLibrary()
    signer = Pkcs11Signer(address, library=library)
    library.fails = True
    with pytest.raises(SignerError, match="refused to sign"):
        signer.sign_clear(samples.clear_token())


def test_an_absent_token_or_pin_is_told_in_words(address: str) -> None:
    with pytest.raises(SignerError, match="cannot be opened"):
        Pkcs11Signer(address.replace("token=hall", "token=other"), library=FakeLibrary())
    with pytest.raises(SignerError, match="PIN"):
        Pkcs11Signer(address + "-absent", library=FakeLibrary())


@pytest.mark.parametrize("uri", ["", "file:/key.pem", "pkcs11:token=hall", "pkcs11:token=a;object=b?module-path=c"])
def test_an_address_that_lacks_a_part_is_refused(uri: str) -> None:
    with pytest.raises(SignerError, match="lacks"):
        KeyAddress.parse(uri)


def test_a_module_is_not_asked_for_sm2(address: str) -> None:
    library = FakeLibrary()
    with pytest.raises(SignerError, match="intl, not sm"):
        Pkcs11Signer(address, algorithm="sm", library=library)
    assert library.asked == []


def test_without_the_library_it_says_what_to_install(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(SignerError, match="python-pkcs11"):
        Pkcs11Signer(address)
