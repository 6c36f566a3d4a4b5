"""The hall's archive key (Ed25519): the worker signs backups with it, everybody can check them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

MOST_BYTES = 65_536


class ArchiveKeyError(Exception):
    """The key is not there, open to others, or not a key of this kind."""


def load_private_key(path: str) -> Ed25519PrivateKey:
    """Return the signing key from a file that nobody but its owner may touch. Raises: ArchiveKeyError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise ArchiveKeyError(f"the archive key {path!r} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ArchiveKeyError(f"the archive key {path!r} must have mode 0600")
        pem = file.read(MOST_BYTES)
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ArchiveKeyError(f"{path!r} holds no usable key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ArchiveKeyError(f"{path!r} holds no Ed25519 key")
    return key


def load_public_key(path: str) -> Ed25519PublicKey:
    """Return the key that backups are checked against. Raises: ArchiveKeyError."""
    try:
        key = load_pem_public_key(Path(path).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise ArchiveKeyError(f"the archive's public key {path!r} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ArchiveKeyError(f"{path!r} holds no Ed25519 key")
    return key
