"""What is in a backup: a line of JSON per invoice, the disks' certificates, a manifest, the hall's signature."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from invoicing.choices import InvoiceState
from taxhall.common.money import ZERO

MANIFEST, SIGNATURE, INVOICES = "manifest.json", "manifest.sig", "invoices.jsonl"
CERTIFICATES = "certificates/{}.pem"
SIGNED_LABEL = b"taxhall/invoice-backup-manifest/1\n"
# A line is one invoice: at most some hundred lines of goods.
MOST_LINE_BYTES = 2 << 20
MOST_SMALL_BYTES = 1 << 20
MOST_INVOICES_BYTES = 2 << 30
MOST_CERTIFICATES = 64
EPOCH = (1980, 1, 1, 0, 0, 0)


# What a container, its compression or its text may raise that was not written by us.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    UnicodeDecodeError,
    OSError,
    RuntimeError,
    NotImplementedError,
)


class BackupBrokenError(ValueError):
    """The archive is not whole, or the hall did not sign what is in it."""


@dataclass(frozen=True)
class Manifest:
    """What the hall vouches for: whose invoices, how many, and the digest of every file."""

    taxpayer: str
    name: str
    period: str
    made_at: str
    count: int
    total: str
    files: dict[str, str]
    version: int = 1

    @property
    def signed_bytes(self) -> bytes:
        """The manifest as it is signed and stored."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class ArchiveContent:
    """A verified archive."""

    manifest: Manifest
    invoices: list[dict[str, Any]]
    certificates: dict[str, str]


def write_archive(
    target: IO[bytes],
    *,
    facts: dict[str, str],
    invoices: Iterable[dict[str, Any]],
    certificates: dict[str, str],
    key: Ed25519PrivateKey,
) -> Manifest:
    """Write the archive of `facts` (taxpayer, name, period, made_at), one invoice at a time."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        count, total, digest = _write_invoices(archive, invoices)
        files = {INVOICES: digest}
        for serial, pem in sorted(certificates.items()):
            name = CERTIFICATES.format(serial)
            archive.writestr(zipfile.ZipInfo(name, EPOCH), pem)
            files[name] = hashlib.sha256(pem.encode()).hexdigest()
        manifest = Manifest(
            taxpayer=facts["taxpayer"],
            name=facts["name"],
            period=facts["period"],
            made_at=facts["made_at"],
            count=count,
            total=str(total),
            files=files,
        )
        archive.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), manifest.signed_bytes)
        archive.writestr(zipfile.ZipInfo(SIGNATURE, EPOCH), key.sign(SIGNED_LABEL + manifest.signed_bytes))
    return manifest


def _write_invoices(archive: zipfile.ZipFile, invoices: Iterable[dict[str, Any]]) -> tuple[int, Decimal, str]:
    count, total, digest = 0, ZERO, hashlib.sha256()
    entry = zipfile.ZipInfo(INVOICES, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as file:
        for invoice in invoices:
            line = json.dumps(invoice, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            file.write(line)
            digest.update(line)
            count += 1
            total += counted_total(invoice)
    return count, total, digest.hexdigest()


def counted_total(invoice: dict[str, Any]) -> Decimal:
    """Return what an invoice adds to the sum of a backup: as in every list, nothing once it is voided."""
    return ZERO if invoice.get("state") == InvoiceState.VOIDED else Decimal(str(invoice["total"]))


def manifest_digest(manifest: Manifest) -> str:
    """Return the digest by which a backup is named in the hall's records."""
    return hashlib.sha256(manifest.signed_bytes).hexdigest()


def read_archive(source: IO[bytes], *, key: Ed25519PublicKey) -> ArchiveContent:
    """Return what is inside, every digest and the hall's signature checked. Raises: BackupBrokenError."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _verified_manifest(archive, key)
            certificates = {
                name.removeprefix("certificates/").removesuffix(".pem"): _checked(archive, manifest, name).decode()
                for name in manifest.files
                if name != INVOICES
            }
            invoices = list(_read_invoices(archive, manifest))
    except _BROKEN as error:
        raise BackupBrokenError(f"not a whole archive: {error}") from error
    if len(invoices) != manifest.count:
        raise BackupBrokenError("the number of invoices is not the manifest's")
    return ArchiveContent(manifest, invoices, certificates)


def _verified_manifest(archive: zipfile.ZipFile, key: Ed25519PublicKey) -> Manifest:
    raw, signature = _small(archive, MANIFEST), _small(archive, SIGNATURE)
    try:
        key.verify(signature, SIGNED_LABEL + raw)
        manifest = Manifest(**json.loads(raw))
    except (InvalidSignature, ValueError, TypeError) as error:
        raise BackupBrokenError("the manifest is not signed by this hall") from error
    if INVOICES not in manifest.files or len(manifest.files) > MOST_CERTIFICATES + 1:
        raise BackupBrokenError("the manifest names other files than a backup has")
    return manifest


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    # Bounded by what is really unpacked: the sizes in the headers may lie.
    with archive.open(name) as file:
        content = file.read(MOST_SMALL_BYTES + 1)
    if len(content) > MOST_SMALL_BYTES:
        raise BackupBrokenError(f"{name} is too large")
    return content


def _checked(archive: zipfile.ZipFile, manifest: Manifest, name: str) -> bytes:
    content = _small(archive, name)
    if hashlib.sha256(content).hexdigest() != manifest.files[name]:
        raise BackupBrokenError(f"{name} was changed")
    return content


def _read_invoices(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[dict[str, Any]]:
    """Read the invoices twice: proved first, kept in memory only then."""
    _require_ours(archive, manifest)
    with archive.open(INVOICES) as file:
        while line := file.readline(MOST_LINE_BYTES):
            yield json.loads(line)


def _require_ours(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(INVOICES) as file:
        while line := file.readline(MOST_LINE_BYTES):
            digest.update(line)
            size += len(line)
            if size > MOST_INVOICES_BYTES or not line.endswith(b"\n"):
                raise BackupBrokenError("an invoice is longer than invoices are")
    if digest.hexdigest() != manifest.files[INVOICES]:
        raise BackupBrokenError("the invoices were changed")
