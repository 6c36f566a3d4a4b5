"""A backup is made by one worker at a time, ends in any case, and leaves no file that no row knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError

from accounts.models import AuditEvent
from invoicing import services
from invoicing.choices import BackupState
from invoicing.models import InvoiceBackup
from invoicing.services import backups, leases
from taxhall.common import clock, doorbell
from tests.clearcard.conftest import make_scene, media, scene
from tests.clearcard.scene import Scene
from tests.harness.clients import HallClient
from tests.invoicing.backup.test_backups import LIST, OCTOBER, hall, made, taken

__all__ = ["hall", "make_scene", "media", "scene"]
pytestmark = pytest.mark.django_db


def asked(scene: Scene) -> InvoiceBackup:
    return services.request_backup(actor=scene.user, taxpayer=scene.taxpayer, period=OCTOBER)


def change(backup: InvoiceBackup, **facts: object) -> None:
    InvoiceBackup.objects.filter(pk=backup.pk).update(**facts)


def files() -> list[str]:
    return default_storage.listdir("backups")[1] if default_storage.exists("backups") else []


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the backups that were rung for; nobody answers."""
    rung: list[Any] = []
    monkeypatch.setattr(doorbell, "ring", lambda _task, pk: rung.append(pk))
    return rung


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every archive fail while it is written."""

    def refuse(*_args: object, **_named: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(backups, "_write", refuse)


def while_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[int]:
    """Do something while the first worker writes; return one for each time that an archive was written."""
    honest, writes = backups._write, []

    def write(*args: Any, **named: Any) -> Any:
        writes.append(1)
        if len(writes) == 1:
            act()
        return honest(*args, **named)

    monkeypatch.setattr(backups, "_write", write)
    return writes


def test_while_one_worker_writes_nobody_is_rung_for_and_nobody_else_writes(hall, bells, monkeypatch):
    backup = asked(hall)
    change(backup, created_at=clock.now() - timedelta(minutes=2))

    def minute_passes() -> None:
        services.sweep_backups()
        services.make_backup(backup_id=backup.pk)

    writes = while_writing(monkeypatch, minute_passes)
    assert services.make_backup(backup_id=backup.pk).state == BackupState.READY
    assert (len(writes), bells) == (1, [])


def test_a_worker_that_was_taken_for_dead_leaves_the_file_of_the_other(hall, monkeypatch):
    backup = asked(hall)

    def overtake() -> None:
        change(backup, leased_until=clock.now() - timedelta(seconds=1))
        services.make_backup(backup_id=backup.pk)

    writes = while_writing(monkeypatch, overtake)
    done = services.make_backup(backup_id=backup.pk)
    assert (len(writes), done.state) == (2, BackupState.READY)
    assert files() == [done.file_name.removeprefix("backups/")]
    assert AuditEvent.objects.filter(action="invoicing.backup_made").count() == 1


def test_a_killed_workers_backup_is_rung_for_when_no_task_can_hold_it_any_more(hall, bells, settings):
    backup = asked(hall)
    change(backup, created_at=clock.now() - timedelta(minutes=9))
    held = leases.claim(InvoiceBackup, pk=backup.pk, states=[BackupState.MAKING], lease=backups.LEASE)
    assert held.leased_until - clock.now() > timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    assert services.sweep_backups() == 0
    change(backup, leased_until=clock.now() - timedelta(seconds=1))
    assert services.sweep_backups() == 1
    assert bells == [backup.pk]


def test_a_backup_that_cannot_be_made_is_given_up_in_words_and_can_be_asked_for_anew(hall, full_disk, monkeypatch):
    backup = asked(hall)
    for _ in range(leases.MAX_ATTEMPTS):
        with pytest.raises(OSError, match="No space left"):
            services.make_backup(backup_id=backup.pk)
    assert services.make_backup(backup_id=backup.pk).state == BackupState.FAILED
    assert AuditEvent.objects.filter(action="invoicing.backup_failed").count() == 1
    assert "备份多次意外中断，已停止" in HallClient().enter_as(hall.membership).get(LIST).content.decode()

    monkeypatch.undo()
    anew = made(hall)
    assert (anew.pk != backup.pk, anew.state) == (True, BackupState.READY)
    assert taken(hall, anew)


@pytest.mark.parametrize("fault", ["row", "disk"])
def test_a_file_whose_row_could_not_be_written_goes(hall, monkeypatch, fault):
    backup = asked(hall)

    def lost(*_args: object, **_named: object) -> None:
        raise DatabaseError("server closed the connection unexpectedly")

    def half(name: str, content: Any) -> None:
        honest(name, content)
        raise OSError("No space left on device")

    honest = default_storage.save
    with monkeypatch.context() as patch:
        if fault == "row":
            patch.setattr(backups, "_settle", lost)
        else:
            patch.setattr(default_storage, "save", half)
        with pytest.raises((DatabaseError, OSError)):
            services.make_backup(backup_id=backup.pk)
    assert files() == []
    assert services.make_backup(backup_id=backup.pk).state == BackupState.READY


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> Callable[[InvoiceBackup], None]:
    """Return a function that lets a worker die between the file and its row: it tidies nothing up."""

    def die(backup: InvoiceBackup) -> None:
        with monkeypatch.context() as patch:

            def gone(*_args: object, **_named: object) -> None:
                patch.setattr(default_storage, "delete", lambda _name: None)
                raise SystemExit

            patch.setattr(backups, "_settle", gone)
            with pytest.raises(SystemExit):
                services.make_backup(backup_id=backup.pk)
        change(backup, leased_until=clock.now() - timedelta(seconds=1))

    return die


def test_the_next_try_removes_the_file_of_a_killed_worker(hall, killed):
    backup = asked(hall)
    killed(backup)
    assert len(files()) == 1, "nobody was left to remove it"
    done = services.make_backup(backup_id=backup.pk)
    assert files() == [done.file_name.removeprefix("backups/")]


def test_a_backup_that_is_given_up_leaves_no_file(hall, killed):
    backup = asked(hall)
    for _ in range(leases.MAX_ATTEMPTS):
        killed(backup)
        assert len(files()) == 1
    done = services.make_backup(backup_id=backup.pk)
    assert (done.state, done.file_name, files()) == (BackupState.FAILED, "", [])


def test_a_file_that_cannot_be_removed_keeps_no_backup_from_its_end(hall, killed, monkeypatch):
    backup = asked(hall)
    killed(backup)

    def refuse(_name: str) -> None:
        raise PermissionError

    monkeypatch.setattr(default_storage, "delete", refuse)
    assert services.make_backup(backup_id=backup.pk).state == BackupState.READY
