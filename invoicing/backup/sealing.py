"""The passphrase around an archive: scrypt makes the key, AES-256-GCM seals chunk after chunk.

Each chunk's nonce holds its number and whether it is the last, and the header is sealed along with each, so
that chunks cannot be dropped, reordered, cut off or moved to another file without being noticed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

FORMAT = "taxhall-invoice-backup/1"
CHUNK_BYTES = 1 << 16
TAG_BYTES = 16
PREFIX_BYTES = 7
# scrypt at 32 MiB: a tenth of a second for the owner, years for whoever guesses.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 15, 8, 1
# A header is a few hundred bytes; more is another file.
MOST_HEADER_BYTES = 4096


class WrongPassphraseError(ValueError):
    """The passphrase is not the one the file was sealed with, or the file was changed; the two look the same."""


class NotABackupError(ValueError):
    """The file does not begin as one of ours does."""


@dataclass(frozen=True)
class SealHeader:
    """The first line of the file, readable by anybody: whose it is, and how the key is made."""

    taxpayer: str
    period: str
    made_at: str
    salt: str
    prefix: str
    n: int = SCRYPT_N
    r: int = SCRYPT_R
    p: int = SCRYPT_P
    format: str = FORMAT

    @property
    def line(self) -> bytes:
        """The header as it stands in the file."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode() + b"\n"


def seal(plain: IO[bytes], *, passphrase: str, taxpayer: str, period: str, made_at: str) -> Iterator[bytes]:
    """Yield the sealed file piece by piece, from a file of any size in constant memory."""
    header = SealHeader(taxpayer, period, made_at, os.urandom(16).hex(), os.urandom(PREFIX_BYTES).hex())
    box, line = AESGCM(_key(header, passphrase)), header.line
    yield line
    number, chunk = 0, plain.read(CHUNK_BYTES)
    while True:
        following = plain.read(CHUNK_BYTES)
        yield box.encrypt(_nonce(header, number, is_last=not following), chunk, line)
        if not following:
            return
        number, chunk = number + 1, following


def read_header(sealed: IO[bytes]) -> SealHeader:
    """Read the first line. Raises: NotABackupError."""
    line = sealed.readline(MOST_HEADER_BYTES)
    try:
        header = SealHeader(**json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise NotABackupError from error
    if not _is_ours(header) or header.line != line:
        raise NotABackupError
    return header


def open_sealed(sealed: IO[bytes], target: IO[bytes], *, passphrase: str) -> SealHeader:
    """Write what is inside to the target. Raises: NotABackupError; WrongPassphraseError."""
    header = read_header(sealed)
    box, line = AESGCM(_key(header, passphrase)), header.line
    number, chunk = 0, sealed.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = sealed.read(CHUNK_BYTES + TAG_BYTES)
        try:
            target.write(box.decrypt(_nonce(header, number, is_last=not following), chunk, line))
        except (InvalidTag, ValueError) as error:
            raise WrongPassphraseError from error
        if not following:
            return header
        number, chunk = number + 1, following


def _is_ours(header: SealHeader) -> bool:
    # The parameters are fixed by the format: a file cannot ask us for gigabytes.
    values: list[Any] = [header.n, header.r, header.p, header.format]
    if values != [SCRYPT_N, SCRYPT_R, SCRYPT_P, FORMAT]:
        return False
    try:
        return (len(bytes.fromhex(header.salt)), len(bytes.fromhex(header.prefix))) == (16, PREFIX_BYTES)
    except (ValueError, TypeError):
        return False


def _key(header: SealHeader, passphrase: str) -> bytes:
    salt = bytes.fromhex(header.salt)
    return Scrypt(salt=salt, length=32, n=header.n, r=header.r, p=header.p).derive(passphrase.encode())


def _nonce(header: SealHeader, number: int, *, is_last: bool) -> bytes:
    return bytes.fromhex(header.prefix) + number.to_bytes(4, "big") + bytes([is_last])
