"""Opening a backup again: everything proved, compared with the ledger, shown; nothing is written back."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import services as account_services
from accounts.models import Taxpayer, User
from devices.choices import DIGITAL_KINDS
from devices.models import Device
from devices.protocol.certificates import DiskCertificate
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import SignedInvoice
from invoicing import backup as archive
from invoicing import selectors
from invoicing.choices import BackupVerdict, InvoiceState
from invoicing.errors import BackupRefusedError
from invoicing.models import Invoice
from taxhall.common.money import ZERO
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

# On screen; `manage.py verify_backup` takes any size.
MOST_UPLOAD_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class ReviewedInvoice:
    """An invoice of a backup beside the ledger."""

    kind: str
    code: str
    number: str
    dated_on: str
    buyer_name: str
    total: Decimal
    state: str
    verdict: str

    @property
    def is_voided(self) -> bool:
        """Whether it was voided when the backup was made, so that it adds no money."""
        return self.state == InvoiceState.VOIDED

    @property
    def state_label(self) -> str:
        """The state at the time of the backup in words; the sum of a red one is negative."""
        if self.state == InvoiceState.ISSUED and self.total < 0:
            return str(_("红字"))
        return str(InvoiceState(self.state).label)

    @property
    def verdict_label(self) -> str:
        """The verdict in words."""
        return str(BackupVerdict(self.verdict).label)


@dataclass(frozen=True)
class BackupReview:
    """What is in a backup, and how it stands to the ledger of today."""

    manifest: archive.Manifest
    rows: tuple[ReviewedInvoice, ...]
    missing: int

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.manifest.made_at)

    @property
    def total(self) -> Decimal:
        """The sum of its invoices without the voided ones, also of a backup whose manifest still counts them."""
        return sum((row.total for row in self.rows if not row.is_voided), ZERO)

    @property
    def voided_count(self) -> int:
        """How many of them were voided."""
        return sum(row.is_voided for row in self.rows)

    @property
    def counts(self) -> Counter[str]:
        """How many rows have each verdict."""
        return Counter(str(row.verdict) for row in self.rows)

    @property
    def is_clean(self) -> bool:
        """Whether every invoice is proved and the ledger says the same, and has no more."""
        return not self.missing and all(row.verdict == BackupVerdict.SAME for row in self.rows)


def review_backup(*, actor: User, taxpayer: Taxpayer, file: IO[bytes], passphrase: str) -> BackupReview:
    """Open a backup of one's own company. Raises: NotPermittedError; BackupRefusedError."""
    require(account_policies.can_view_taxpayer(actor, taxpayer), _("您的身份不能查看这家企业的发票。"))
    content = open_backup(file, passphrase=passphrase)
    if content.manifest.taxpayer != taxpayer.number:
        raise BackupRefusedError(_("这份备份属于另一家企业，没有打开。"), field="file")
    review = compare_backup(taxpayer=taxpayer, content=content)
    with transaction.atomic():
        account_services.record_audit_event(
            actor=actor,
            action="invoicing.backup_reviewed",
            obj=None,
            taxpayer=taxpayer,
            data={"period": content.manifest.period, "count": content.manifest.count, "clean": review.is_clean},
        )
    return review


def open_backup(file: IO[bytes], *, passphrase: str) -> archive.ArchiveContent:
    """Unseal a backup and check that it is whole and this hall's. Raises: BackupRefusedError."""
    key = archive.load_public_key(settings.ARCHIVE_PUBLIC_KEY_FILE)
    with tempfile.TemporaryFile() as plain:
        try:
            archive.open_sealed(file, plain, passphrase=passphrase)
            plain.seek(0)
            return archive.read_archive(plain, key=key)
        except archive.NotABackupError as error:
            raise BackupRefusedError(_("这个文件不是大厅的发票备份。"), field="file") from error
        except archive.WrongPassphraseError as error:
            raise BackupRefusedError(_("口令不对，或文件已被改动；两者无法区分。"), field="passphrase") from error
        except archive.BackupBrokenError as error:
            raise BackupRefusedError(_("备份的内容与大厅的签名不符，不能采信，没有打开。"), field="file") from error


def compare_backup(*, taxpayer: Taxpayer, content: archive.ArchiveContent) -> BackupReview:
    """Return each invoice of a backup with its verdict: proved by its disk or not, and what the ledger says."""
    period = TaxPeriod.parse(content.manifest.period)
    known = {
        (each.kind, each.code, each.number): each
        for each in selectors.period_invoices(taxpayer=taxpayer, period=period).only(
            "kind", "code", "number", "state", "total", "check_code"
        )
    }
    keys = _keys(taxpayer, content)
    rows = tuple(_review(content.invoices, known, keys))
    found = {(row.kind, row.code, row.number) for row in rows}
    return BackupReview(content.manifest, rows, missing=len(known.keys() - found))


def _review(
    invoices: list[dict[str, Any]], known: dict[Any, Invoice], keys: dict[str, Any]
) -> Iterator[ReviewedInvoice]:
    for each in invoices:
        ours = known.get((each["kind"], each["code"], each["number"]))
        yield ReviewedInvoice(
            kind=each["kind"],
            code=each["code"],
            number=each["number"],
            dated_on=each["dated_on"],
            buyer_name=each["buyer_name"],
            total=Decimal(each["total"]),
            state=each["state"],
            verdict=_verdict(each, ours, keys),
        )


def _verdict(each: dict[str, Any], ours: Invoice | None, keys: dict[str, Any]) -> str:
    if not _is_proved(each, keys):
        return BackupVerdict.UNPROVED
    if ours is None:
        return BackupVerdict.ABSENT
    same = (ours.state, ours.total, ours.check_code) == (each["state"], Decimal(each["total"]), each["check_code"])
    return BackupVerdict.SAME if same else BackupVerdict.CHANGED


def _is_proved(each: dict[str, Any], keys: dict[str, Any]) -> bool:
    """Say whether the disk itself signed this number, these sums and this day.

    No disk knows a digital invoice; the hall that issued it signed the whole archive, which was checked before.
    """
    if each["kind"] in DIGITAL_KINDS:
        return True
    try:
        signed = SignedInvoice.from_json(each["signed_message"])
        signed.verify(keys[each["device"]])
    except (ProtocolError, KeyError, TypeError, ValueError):
        return False
    stated = (each["kind"], each["code"], each["number"], Decimal(each["amount"]), Decimal(each["tax"]))
    return stated == (signed.kind, signed.code, signed.number, signed.amount, signed.tax)


def _keys(taxpayer: Taxpayer, content: archive.ArchiveContent) -> dict[str, Any]:
    """Return the keys of the disks by serial: the enrolled ones; of a disk that left, the one in the signed backup."""
    enrolled = dict(Device.objects.filter(taxpayer=taxpayer).values_list("serial", "certificate"))
    pems = {serial: enrolled.get(serial, pem) for serial, pem in content.certificates.items()}
    return {serial: DiskCertificate.from_pem(pem).public_key for serial, pem in pems.items()}
