"""Make the keys of a demonstration hall: the device CA and the clear key. A real hall holds a ceremony."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from devices.protocol import profiles
from devices.protocol.certificates import DeviceAuthority
from devices.protocol.profiles import PrivateKey, PublicKey

CA_KEY, CA_CERTIFICATE, CLEAR_KEY = "device-ca.key.pem", "device-ca.pem", "signer.pem"


@dataclass(frozen=True)
class HallKeys:
    """Where the keys of a hall are."""

    folder: Path

    @property
    def ca_certificate(self) -> Path:
        """The device CA's certificate, which every process may read (DEVICE_CA_FILE)."""
        return self.folder / CA_CERTIFICATE

    @property
    def clear_key(self) -> Path:
        """The clear key, which only the device worker may read (HALL_SIGNER_KEY_FILE)."""
        return self.folder / CLEAR_KEY

    def device_authority(self) -> DeviceAuthority:
        """Return the device CA, for issuing disks."""
        return DeviceAuthority(
            key_pem=(self.folder / CA_KEY).read_bytes(), certificate_pem=self.ca_certificate.read_bytes()
        )

    def clear_public_key(self) -> PublicKey:
        """Return what disks must hold to check the hall's word."""
        return PrivateKey.from_pem("intl", self.clear_key.read_bytes()).public_key


def make_hall_keys(folder: Path, *, now: datetime) -> HallKeys:
    """Make what is missing under the folder and leave what is there; private files get mode 0600."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = HallKeys(folder)
    if not keys.ca_certificate.exists():
        key_pem, certificate_pem = DeviceAuthority.create(name="taxhall demonstration device CA", now=now)
        write_private(folder / CA_KEY, key_pem)
        keys.ca_certificate.write_bytes(certificate_pem)
    if not keys.clear_key.exists():
        write_private(keys.clear_key, make_key_pem())
    return keys


def make_key_pem(algorithm: str = "intl") -> bytes:
    """Return a new private key as PEM: for a disk at first issue, or for the clear key."""
    pem: bytes = (
        profiles.get(algorithm)
        .generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, from its first byte on. Raises: FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
