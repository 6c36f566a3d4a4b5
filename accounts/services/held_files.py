"""Keeping a chosen file for a moment, so that a problem in another field does not ask for it again.

The file belongs to one form of one session: another person, another company and another session do not find it.
It is bounded in number, size and time, and kept only with a clean verdict (trust S-23).
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePath

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from accounts.errors import FileInfectedError, FileTooLargeToScanError
from accounts.models import HeldFile, Taxpayer, User
from accounts.scanning.base import ScannerError, Verdict, file_scanner
from accounts.services.audit import record_audit_event
from accounts.services.scans import UPLOAD_SECONDS

logger = logging.getLogger(__name__)

HELD_FOR = timedelta(minutes=30)
# What one person may have waiting, over all sessions and forms; the oldest gives way.
MOST_HELD = 3
# The largest file that any form takes.
LARGEST = 100 * 1024 * 1024


def hold_file(*, actor: User, taxpayer: Taxpayer, session_key: str, form: str, upload: File[bytes]) -> HeldFile | None:
    """Keep a file for its form; return None when it cannot be kept and has to be chosen again.

    Rule: without a verdict within the uploader's patience nothing is kept. Raises: FileRejectedError with the cause.
    """
    name, size = str(upload.name), upload.size
    if not session_key or size > LARGEST:
        return None
    upload.seek(0)
    held = HeldFile(
        user=actor,
        taxpayer=taxpayer,
        session_digest=digest_of_session(session_key),
        form=form[:100],
        file=f"held/{uuid.uuid4().hex}{PurePath(name).suffix.lower()[:10]}",
        original_name=name[-200:],
        size=size,
        sha256=hashlib.file_digest(upload, "sha256").hexdigest(),
    )
    _make_room(held)
    upload.seek(0)
    default_storage.save(held.file, upload)
    if not _is_clean(held):
        drop_held_files([held])
        return None
    held.is_clean = True
    held.save(update_fields=["is_clean"])
    return held


def find_held_file(*, actor: User, taxpayer: Taxpayer, session_key: str, form: str, token: str) -> HeldFile | None:
    """Return the file that waits for this form of this session, or None."""
    try:
        wanted = uuid.UUID(token)
    except ValueError:
        return None
    return HeldFile.objects.filter(
        token=wanted,
        user=actor,
        taxpayer=taxpayer,
        session_digest=digest_of_session(session_key),
        form=form[:100],
        is_clean=True,
        held_at__gt=timezone.now() - HELD_FOR,
    ).first()


def open_held_file(held: HeldFile) -> File[bytes] | None:
    """Open a file that waits; None when it is not the one that was scanned, or is gone."""
    try:
        content = default_storage.open(held.file, "rb")
    except OSError:
        return None
    if hashlib.file_digest(content, "sha256").hexdigest() != held.sha256:
        content.close()
        return None
    content.seek(0)
    return content


def drop_held_files(found: Iterable[HeldFile]) -> int:
    """Remove files and their rows, the files first, so that none is left without a row; return how many."""
    count = 0
    for held in found:
        default_storage.delete(held.file)
        HeldFile.objects.filter(pk=held.pk).delete()
        count += 1
    return count


def purge_held_files() -> int:
    """Remove what has waited too long, and return how many."""
    return drop_held_files(HeldFile.objects.filter(held_at__lte=timezone.now() - HELD_FOR))


def digest_of_session(session_key: str) -> str:
    """Return what a session is known by here: its key opens the session and is written down nowhere else."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def _make_room(held: HeldFile) -> None:
    """Add the row; what the form held before and what is too much for one person goes."""
    with transaction.atomic():
        # One person's uploads come one after the other here, so that together they never pass the bound.
        User.objects.select_for_update().get(pk=held.user_id)
        mine = HeldFile.objects.filter(user=held.user_id).order_by("-pk")
        same = mine.filter(session_digest=held.session_digest, form=held.form, taxpayer=held.taxpayer_id)
        gone = {each.pk: each for each in [*same, *mine[MOST_HELD - 1 :]]}
        HeldFile.objects.filter(pk__in=gone).update(is_clean=False)
        held.save(force_insert=True)
    drop_held_files(gone.values())


def _is_clean(held: HeldFile) -> bool:
    """Ask the scanner. Raises: FileRejectedError with the cause, the file being gone by then."""
    try:
        with default_storage.open(held.file, "rb") as content:
            verdict = file_scanner().scan(content, patience=UPLOAD_SECONDS)
    except (ScannerError, OSError) as error:
        logger.warning("a file was not kept for its form: %s", error)
        return False
    if verdict.is_clean:
        return True
    _turn_away(held, verdict)
    if verdict.is_too_large:
        raise FileTooLargeToScanError(verdict.limit)
    raise FileInfectedError(verdict.finding)


@transaction.atomic
def _turn_away(held: HeldFile, verdict: Verdict) -> None:
    """Remove a file that the scanner rejected, and keep who sent it."""
    drop_held_files([held])
    record_audit_event(
        actor=held.user,
        action=f"accounts.held_file_{verdict.state}",
        obj=held.taxpayer,
        taxpayer=held.taxpayer,
        data={"finding": verdict.finding, "limit": verdict.limit, "engine": verdict.engine.name, "sha256": held.sha256},
    )
