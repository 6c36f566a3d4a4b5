"""Backing invoices up (备份数据): ask for it, make it, take it along, and let go of old files."""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
from invoicing.services import leases
from taxhall.common import clock, doorbell
from taxhall.common.errors import InvalidInputError
from taxhall.common.periods import TaxPeriod
from taxhall.common.policies import require

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
# A backup whose bell was lost is rung for again after so long.
QUIET = timedelta(minutes=1)
# The archive is written in one transaction, which can tell nobody that it goes on: longer than a task may take, so that
# whoever holds it past this is gone.
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 30)
NOT_YOURS = _("您的身份不能备份这家企业的发票。")
INTERRUPTED = _("备份多次意外中断，已停止，没有生成文件；发票没有变化。请重新备份，仍然不行的，请联系技术支持。")
NO_KEY = _("大厅暂时不能给备份签名，没有生成文件；发票没有变化。请联系技术支持，恢复后重新备份。")


@transaction.atomic
def request_backup(*, actor: User, taxpayer: Taxpayer, period: TaxPeriod) -> InvoiceBackup:
    """Ask for a backup of a month; one that is being made is given back as it is, after a failed one a new one begins.

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
    """Write the archive and sign it; do nothing when another worker has it or it is done.

    Rule: a fault gives the backup back for the next bell, and the last of several ends it in words.
    """
    backup = leases.claim(InvoiceBackup, pk=backup_id, states=[BackupState.MAKING], lease=LEASE)
    if backup is not None:
        try:
            _make(backup)
        except leases.LeaseGoneError:
            logger.info("backup %s: taken over", backup_id)
        except Exception:
            # Its tries are counted; whoever rings next need not wait for the lease to end.
            leases.let_go(backup)
            raise
    return InvoiceBackup.objects.get(pk=backup_id)


def _make(backup: InvoiceBackup) -> None:
    _remove_left(backup)
    if backup.attempts > leases.MAX_ATTEMPTS:
        _fail(backup, INTERRUPTED)
        return
    try:
        key = archive.load_private_key(settings.ARCHIVE_KEY_FILE)
    except archive.ArchiveKeyError:
        logger.exception("backup %s is not made", backup.pk)
        _fail(backup, NO_KEY)
        return
    made_at = clock.now()
    with tempfile.TemporaryFile() as target:
        mark, manifest = _write(backup, target, made_at=made_at.isoformat(), key=key)
        facts = {"made_at": made_at, "ledger_mark": mark, "size": target.tell()}
        facts |= {"sha256": archive.manifest_digest(manifest), "count": manifest.count, "total": manifest.total}
        target.seek(0)
        with _stored(backup, target) as name:
            _settle(backup, state=BackupState.READY, file_name=name, **facts)


@contextmanager
def _stored(backup: InvoiceBackup, content: IO[bytes]) -> Iterator[str]:
    """Keep the file under a name of its own, and take it away again when its row could not be written.

    Rule: the row names the file before there is one, so that whoever comes after a killed worker finds what it left.
    Raises: LeaseGoneError when another worker has the backup by now.
    """
    name = f"backups/{uuid.uuid4().hex}.zip"
    _name_file(backup, name)
    try:
        yield default_storage.save(name, File(content))
    except BaseException:
        default_storage.delete(name)
        raise


@transaction.atomic
def _name_file(backup: InvoiceBackup, name: str) -> None:
    locked = InvoiceBackup.objects.select_for_update().get(pk=backup.pk)
    if locked.lease_token != backup.lease_token:
        raise leases.LeaseGoneError
    locked.file_name = name
    locked.save(update_fields=["file_name", "updated_at"])


def _remove_left(backup: InvoiceBackup) -> None:
    """Remove what an earlier try stored and did not finish; a worker that only lost its lease removes its own."""
    try:
        if backup.file_name:
            default_storage.delete(backup.file_name)
    except OSError:
        # Told to who runs the hall; it must not keep this backup, or its end, from coming.
        logger.exception("backup %s: its earlier file %s stays", backup.pk, backup.file_name)


def _write(backup: InvoiceBackup, target: IO[bytes], *, made_at: str, key: Any) -> tuple[str, archive.Manifest]:
    """Write the month from one repeatable snapshot, so that the archive is the ledger of one moment."""
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


def _fail(backup: InvoiceBackup, words: object) -> None:
    _settle(backup, state=BackupState.FAILED, file_name="", error_text=str(words))


@transaction.atomic
def _settle(backup: InvoiceBackup, *, state: str, **facts: Any) -> None:
    """Write down how it ended. Raises: LeaseGoneError when another worker has it by now."""
    locked = leases.hold(backup)
    locked.state = state
    locked.lease_token = locked.leased_until = None
    for name, value in facts.items():
        setattr(locked, name, value)
    locked.save()
    _audit(locked, "invoicing.backup_made" if state == BackupState.READY else "invoicing.backup_failed", actor=None)


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
            next_step=_("请换一个更长、更难猜的口令。"),
            fields={"passphrase": [_weakness(each) for each in error.error_list]},
        ) from error


# By the codes of the password rules, which speak of a password.
_WEAK = {
    "password_too_short": _("口令太短，至少要有 %(min_length)d 个字符。"),
    "password_too_common": _("这个口令太常见，容易被猜到。"),
    "password_too_similar": _("口令与您的账户资料太相似，容易被猜到。"),
}


def _weakness(error: ValidationError) -> str:
    """Return what is wrong with a passphrase; a rule that is not known here in its own words."""
    words = _WEAK.get(error.code or "")
    return " ".join(error.messages) if words is None else str(words) % (error.params or {})


def sweep_backups() -> int:
    """Ring again for backups that wait, and remove files whose time is over; return how many of both."""
    now = clock.now()
    waiting = InvoiceBackup.objects.filter(leases.free([BackupState.MAKING]), created_at__lt=now - QUIET)
    rung = list(waiting.values_list("pk", flat=True)[:200])
    for pk in rung:
        doorbell.ring(tasks.make_backup, pk)
    expired = InvoiceBackup.objects.filter(state=BackupState.READY, made_at__lt=now - KEPT)
    return len(rung) + sum(_expire(each) for each in expired)


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
