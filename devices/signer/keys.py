"""Make the keys of a demonstration hall: for each profile a device CA and a clear key, and the archive key.

A real hall holds a ceremony.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from devices.protocol import profiles
from devices.protocol.certificates import DeviceAuthority
from devices.protocol.profiles import PrivateKey, PublicKey

CA_CERTIFICATES = "device-ca.pem"  # of every profile: a disk is believed when any of them vouches for it
CA_KEYS = {"intl": "device-ca.key.pem", "sm": "device-ca-sm.key.pem"}
CLEAR_KEYS = {"intl": "signer.pem", "sm": "signer-sm.pem"}
ARCHIVE_KEY, ARCHIVE_PUBLIC_KEY = "archive.key.pem", "archive-public.pem"


@dataclass(frozen=True)
class HallKeys:
    """Where the keys of a hall are."""

    folder: Path

    @property
    def ca_certificates(self) -> Path:
        """The device CAs' certificates, which every process may read (DEVICE_CA_FILE)."""
        return self.folder / CA_CERTIFICATES

    def clear_key(self, algorithm: str = "intl") -> Path:
        """Return the clear key of a profile, which only the device worker may read."""
        return self.folder / CLEAR_KEYS[algorithm]

    @property
    def archive_key(self) -> Path:
        """The key that signs backups of invoices, which only the worker may read."""
        return self.folder / ARCHIVE_KEY

    @property
    def archive_public_key(self) -> Path:
        """What everybody checks backups against."""
        return self.folder / ARCHIVE_PUBLIC_KEY

    def device_authority(self, algorithm: str = "intl") -> DeviceAuthority:
        """Return the device CA of a profile, for issuing disks."""
        return DeviceAuthority(
            key_pem=(self.folder / CA_KEYS[algorithm]).read_bytes(),
            certificate_pem=self.ca_certificates.read_bytes(),
            algorithm=algorithm,
        )

    def clear_public_key(self, algorithm: str = "intl") -> PublicKey:
        """Return what disks of a profile must hold to check the hall's word."""
        return PrivateKey.from_pem(algorithm, self.clear_key(algorithm).read_bytes()).public_key


def make_hall_keys(folder: Path, *, now: datetime) -> HallKeys:
    """Make what is missing under the folder and leave what is there; private files get mode 0600."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = HallKeys(folder)
    for algorithm in profiles.NAMES:
        if not (folder / CA_KEYS[algorithm]).exists():
            _make_authority(keys, algorithm, now)
        if not keys.clear_key(algorithm).exists():
            write_private(keys.clear_key(algorithm), make_key_pem(algorithm))
    _make_archive_key(keys)
    return keys


def _make_archive_key(keys: HallKeys) -> None:
    if not keys.archive_key.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(keys.archive_key, pem)
    if not keys.archive_public_key.exists():
        private = load_pem_private_key(keys.archive_key.read_bytes(), password=None)
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        keys.archive_public_key.write_bytes(public)


def _make_authority(keys: HallKeys, algorithm: str, now: datetime) -> None:
    name = f"taxhall demonstration device CA ({algorithm})"
    key_pem, certificate_pem = DeviceAuthority.create(name=name, now=now, algorithm=algorithm)
    known = keys.ca_certificates.read_bytes() if keys.ca_certificates.exists() else b""
    # The certificate first: a key that no certificate speaks of could never be used, nor made again.
    draft = keys.ca_certificates.with_suffix(".new")
    draft.write_bytes(known + certificate_pem)
    draft.replace(keys.ca_certificates)
    write_private(keys.folder / CA_KEYS[algorithm], key_pem)


def make_key_pem(algorithm: str = "intl") -> bytes:
    """Return a new private key as PEM: for a disk at first issue, or for the clear key."""
    profile = profiles.get(algorithm)
    return profile.private_pem(profile.generate())


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, from its first byte on. Raises: FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
