"""A period's invoices as one file that its owner can keep, prove and open years later; knows no database.

`archive` is what is in it and who vouches for it, `sealing` the passphrase around it, `keys` the hall's key.
The format is written down in docs/invoice-backup.md.
"""

from __future__ import annotations

from invoicing.backup.archive import (
    ArchiveContent,
    BackupBrokenError,
    Manifest,
    manifest_digest,
    read_archive,
    write_archive,
)
from invoicing.backup.keys import ArchiveKeyError, load_private_key, load_public_key
from invoicing.backup.sealing import NotABackupError, SealHeader, WrongPassphraseError, open_sealed, read_header, seal

__all__ = [
    "ArchiveContent",
    "ArchiveKeyError",
    "BackupBrokenError",
    "Manifest",
    "NotABackupError",
    "SealHeader",
    "WrongPassphraseError",
    "load_private_key",
    "load_public_key",
    "manifest_digest",
    "open_sealed",
    "read_archive",
    "read_header",
    "seal",
    "write_archive",
]
