"""The keys of a test hall, of whichever algorithm profile the test runs under.

A test that knows no profile runs under `intl`; those of the disk and the session run under both, by the fixture
`profile` of their folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from devices.protocol import profiles
from devices.protocol.certificates import DeviceAuthority, TrustAnchor
from devices.protocol.profiles import PrivateKey, PublicKey
from devices.signer.keys import make_key_pem

PROFILES = profiles.NAMES
OTHER = {"intl": "sm", "sm": "intl"}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_chosen = ["intl"]


def current() -> str:
    """Return the profile that the test runs under."""
    return _chosen[-1]


@contextmanager
def under(profile: str) -> Iterator[str]:
    """Let everything made in here be of that profile."""
    _chosen.append(profile)
    try:
        yield profile
    finally:
        _chosen.pop()


class ProfileKey:
    """A signing key in each profile; the one used is that of the test's profile."""

    def __init__(self) -> None:
        self._keys = {name: PrivateKey.generate(name) for name in PROFILES}

    def of(self, profile: str) -> PrivateKey:
        return self._keys[profile]

    @property
    def algorithm(self) -> str:
        return current()

    @property
    def key_id(self) -> str:
        return self.of(current()).key_id

    @property
    def public_key(self) -> PublicKey:
        return self.of(current()).public_key

    def sign(self, message: bytes) -> bytes:
        return self.of(current()).sign(message)


class ProfilePem:
    """The private key of a disk in each profile, as first issue writes it."""

    def __init__(self) -> None:
        self._pems = {name: make_key_pem(name) for name in PROFILES}

    def of_profile(self) -> bytes:
        return self._pems[current()]


class ProfileAuthority:
    """A device CA in each profile; all are believed, that of the test's profile issues."""

    def __init__(self) -> None:
        self._authorities = {name: make_authority(name) for name in PROFILES}

    @property
    def anchor(self) -> TrustAnchor:
        anchors = [each.anchor.authorities for each in self._authorities.values()]
        return TrustAnchor(tuple(der for group in anchors for der in group))

    def issue(self, **about: Any) -> bytes:
        return self._authorities[about["public_key"].algorithm].issue(**about)


def make_authority(
    algorithm: str = "",
    *,
    name: str = "test device CA",
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    years: int = 20,
) -> DeviceAuthority:
    """Return a new device CA."""
    profile = algorithm or current()
    key, certificate = DeviceAuthority.create(name=name, now=now, years=years, algorithm=profile)
    return DeviceAuthority(key_pem=key, certificate_pem=certificate, algorithm=profile)
