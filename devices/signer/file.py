"""The clear key in a PEM file: for demonstration and small sites. Production uses a module (pkcs11.py)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from devices.protocol.errors import ProtocolError
from devices.protocol.profiles import PrivateKey
from devices.signer.base import SignerError
from devices.signer.sealing import SealingSigner

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FileSigner(SealingSigner):
    """Signs with a private key read once from a file that nobody but its owner may touch."""

    def __init__(self, key_file: str | Path, *, algorithm: str = "intl") -> None:
        """Read the key. Raises: SignerError when it is missing, open to others, or not a key."""
        super().__init__(_load(Path(key_file), algorithm))


def _load(path: Path, algorithm: str) -> PrivateKey:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise SignerError(f"the clear key {path} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_mode & _OTHERS:
            raise SignerError(f"the clear key {path} must be a file of mode 0600, readable by its owner alone")
        pem = file.read(65_536)
    try:
        return PrivateKey.from_pem(algorithm, pem)
    except (ProtocolError, ValueError, TypeError) as error:
        raise SignerError(f"{path} holds no usable {algorithm} key") from error
