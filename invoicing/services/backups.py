"""Backing invoices up (备份数据): ask for it, make it, take it along, and let go of old files."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import policies as account_policies
from accounts import services as account_services
from accounts.models import Taxpayer, User
from invoicing import backup as archive
from invoicing import selectors, tasks
from invoicing.choices import BackupState
from invoicing.errors import BackupNotReadyError
from invoicing.models import InvoiceBackup
from taxhall.common import clock, doorbell
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
# A backup whose bell was lost is rung for again after so long.
QUIET = timedelta(minutes=1)
NOT_YOURS = _("您的身份不能备份这家企业的发票。")


@transaction.atomic
def request_backup(*, actor: User, taxpayer: Taxpayer, period: TaxPeriod) -> InvoiceBackup:
    """Ask for a backup of a month; one that is being made is given back as it is.

    Raises: NotPermittedError; InvalidInputError for a month without invoices or not begun.
    """
    require(account_policies.can_view_taxpayer(actor, taxpayer) and not actor.is_staff, NOT_YOURS)
    if period.month_count != 1 or not selectors.period_invoices(taxpayer=taxpayer, period=period).exists():
        words = _("%(period)s没有已开具的发票，没有可以备份的内容。") % {"period": period.label}
        raise InvalidInputError(words, next_step=_("请选择开过发票的月份。"), fields={"period": [str(words)]})
    found, is_new = InvoiceBackup.objects.get_or_create(
        taxpayer=taxpayer,
        period_code=period.code,
        state=BackupState.MAKING,
        defaults={"requested_by": actor},
    )
    if is_new:
        _audit(found, "invoicing.backup_requested", actor=actor)
        doorbell.ring_on_commit(tasks.make_backup, found.pk)
    return found


def make_backup(*, backup_id: Any) -> InvoiceBackup:
    """Write the archive and sign it; the same call again changes nothing.

    The invoices are read in one repeatable snapshot, so that the archive is the ledger of one moment.
    """
    backup = InvoiceBackup.objects.select_related("taxpayer").get(pk=backup_id)
    if backup.state != BackupState.MAKING:
        return backup
    try:
        key = archive.load_private_key(settings.ARCHIVE_KEY_FILE)
    except archive.ArchiveKeyError:
        logger.exception("backup %s is not made", backup.pk)
        return _settle(backup, state=BackupState.FAILED)
    made_at = clock.now()
    with tempfile.TemporaryFile() as target:
        mark, manifest = _write(backup, target, made_at=made_at.isoformat(), key=key)
        size = target.tell()
        target.seek(0)
        name = default_storage.save(f"backups/{backup.pk.hex}.zip", File(target))
    return _settle(
        backup,
        state=BackupState.READY,
        made_at=made_at,
        ledger_mark=mark,
        file_name=name,
        sha256=archive.manifest_digest(manifest),
        size=size,
        count=manifest.count,
        total=manifest.total,
    )


def _write(backup: InvoiceBackup, target: IO[bytes], *, made_at: str, key: Any) -> tuple[str, archive.Manifest]:
    taxpayer, period = backup.taxpayer, TaxPeriod.parse(backup.period_code)
    facts = {"taxpayer": taxpayer.number, "name": taxpayer.name, "period": period.code, "made_at": made_at}
    with transaction.atomic():
        _see_one_moment()
        manifest = archive.write_archive(
            target,
            facts=facts,
            invoices=selectors.backup_lines(taxpayer=taxpayer, period=period),
            certificates=selectors.backup_certificates(taxpayer=taxpayer, period=period),
            key=key,
        )
        return selectors.ledger_mark(taxpayer=taxpayer, period=period), manifest


def _see_one_moment() -> None:
    # Only the outermost transaction can choose how it sees the others.
    connection = transaction.get_connection()
    if len(connection.savepoint_ids) == 0:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


@transaction.atomic
def _settle(backup: InvoiceBackup, *, state: str, **facts: Any) -> InvoiceBackup:
    locked = InvoiceBackup.objects.select_for_update().select_related("taxpayer").get(pk=backup.pk)
    if locked.state != BackupState.MAKING:
        # Another worker was quicker; what this one wrote is not needed.
        if facts.get("file_name"):
            transaction.on_commit(lambda: default_storage.delete(facts["file_name"]))
        return locked
    locked.state = state
    for name, value in facts.items():
        setattr(locked, name, value)
    locked.save()
    _audit(locked, "invoicing.backup_made" if state == BackupState.READY else "invoicing.backup_failed", actor=None)
    return locked


def take_backup(*, actor: User, backup: InvoiceBackup, passphrase: str) -> Iterator[bytes]:
    """Return the sealed file piece by piece, and remember that it was taken along.

    The passphrase is used here and kept nowhere: without it nobody, the hall included, can open the file again.
    Raises: NotPermittedError; BackupNotReadyError; InvalidInputError for a passphrase that is easily guessed.
    """
    require(account_policies.can_view_taxpayer(actor, backup.taxpayer) and not actor.is_staff, NOT_YOURS)
    _require_strong(passphrase, actor)
    with transaction.atomic():
        locked = InvoiceBackup.objects.select_for_update().select_related("taxpayer").get(pk=backup.pk)
        if locked.state != BackupState.READY:
            raise BackupNotReadyError
        plain = default_storage.open(locked.file_name)
        locked.downloaded_at = clock.now()
        locked.save(update_fields=["downloaded_at", "updated_at"])
        _audit(locked, "invoicing.backup_taken", actor=actor)
    return _sealed(plain, locked, passphrase)


def _sealed(plain: Any, backup: InvoiceBackup, passphrase: str) -> Iterator[bytes]:
    made_at = backup.made_at.isoformat() if backup.made_at else ""
    with closing(plain):
        yield from archive.seal(
            plain, passphrase=passphrase, taxpayer=backup.taxpayer.number, period=backup.period_code, made_at=made_at
        )


def _require_strong(passphrase: str, actor: User) -> None:
    try:
        validate_password(passphrase, actor)
    except ValidationError as error:
        raise InvalidInputError(
            _("备份没有下载：口令太容易被猜到。"),
            next_step=_("请换一个更长的口令。"),
            fields={"passphrase": list(error.messages)},
        ) from error


def sweep_backups() -> int:
    """Ring again for backups that wait, and remove files whose time is over; return how many of both."""
    now = clock.now()
    waiting = InvoiceBackup.objects.filter(state=BackupState.MAKING, created_at__lt=now - QUIET)
    for pk in waiting.values_list("pk", flat=True):
        doorbell.ring(tasks.make_backup, pk)
    expired = InvoiceBackup.objects.filter(state=BackupState.READY, made_at__lt=now - KEPT)
    return waiting.count() + sum(_expire(each) for each in expired)


@transaction.atomic
def _expire(backup: InvoiceBackup) -> int:
    changed = InvoiceBackup.objects.filter(pk=backup.pk, state=BackupState.READY).update(
        state=BackupState.EXPIRED, file_name="", updated_at=clock.now()
    )
    transaction.on_commit(lambda: default_storage.delete(backup.file_name))
    return changed


def _audit(backup: InvoiceBackup, action: str, *, actor: User | None) -> None:
    data = {"period": backup.period_code, "count": backup.count, "sha256": backup.sha256}
    account_services.record_audit_event(actor=actor, action=action, obj=backup, taxpayer=backup.taxpayer, data=data)
