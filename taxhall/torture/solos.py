"""Cases that need the whole stage: what one disturbs, every other case would feel, so each has the hall for itself.

Each script leads its case to a place, does its harm there and lets go; healing and the verdict are those of all.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from clearcard import services as clear_services
from clearcard.choices import CaseStatus
from clearcard.errors import TransitionNotAllowedError
from clearcard.models import ClearCardCase
from clearcard.tasks import execute_clear, reconcile_case
from devices.models import DeviceCommand
from taxhall import embedded
from taxhall.common import clock, failpoints
from taxhall.common.doorbell import ring
from taxhall.common.errors import NotPermittedError
from taxhall.common.failpoints import STOP
from taxhall.embedded.processes import becomes_true
from taxhall.launch import Launch
from taxhall.torture import backstage
from taxhall.torture.backstage import Backstage, send
from taxhall.torture.lane import Lane, Script
from taxhall.torture.waits import moments, press, until

COPIES = 5
CLEARED_SECONDS = 40.0
LATE_WORKER_SECONDS = 40.0
JUMP_AHEAD, JUMP_BACK = timedelta(days=1), timedelta(hours=-2)


def conduct(lane: Lane, where: Backstage) -> Script:
    """Play the case's own script."""
    yield from _SCRIPTS[lane.case.solo](lane, where)


def _held(lane: Lane, place: str) -> Script:
    key = str(lane.pk)
    lane.arm(place, key, STOP)
    yield from press(lane)
    yield from until(lane, place, key)


def _late_second_worker(lane: Lane, where: Backstage) -> Script:
    """The first worker stands between signature and sending while a second one starts and every bell rings again."""
    yield from _held(lane, "clear.mark_sending.before")
    with _another_worker(where):
        for _copy in range(COPIES):
            ring(execute_clear, lane.pk)
            ring(reconcile_case, lane.pk)
        yield from moments(settings.HALL_LEASE_SECONDS + 2.0)
        for _copy in range(COPIES):
            ring(execute_clear, lane.pk)
        yield from moments(2.0)
        lane.release()
        yield from moments(2.0)


@contextmanager
def _another_worker(where: Backstage) -> Iterator[None]:
    """Run one more worker of the `devices` queue, started late."""
    launch = Launch(var=where.var, transport="auto", is_apart=True, hands=2, extra=_passed_on())
    program = next(each for each in launch.back_programs() if each.name == "device")
    command = [*program.command, "-n", "late@hall"]
    with (where.var / "log" / "late.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=os.environ | dict(program.environment), stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        becomes_true(lambda: "ready" in _text(where.var / "log" / "late.log"), seconds=LATE_WORKER_SECONDS)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _passed_on() -> dict[str, str]:
    names = (failpoints.VARIABLE, "HALL_LEASE_SECONDS")
    return {name: os.environ[name] for name in names if name in os.environ}


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _lease_theft(lane: Lane, _where: Backstage) -> Script:
    """The lease is taken away under a carrier's hands, and the thief is faster."""
    yield from _held(lane, "clear.apply.before")
    command_id = ClearCardCase.objects.values_list("command_id", flat=True).get(pk=lane.pk)
    before = DeviceCommand.objects.get(pk=command_id).fencing
    DeviceCommand.objects.filter(pk=command_id).update(lease_until=timezone.now(), next_attempt_at=timezone.now())
    while DeviceCommand.objects.get(pk=command_id).fencing == before:
        ring(reconcile_case, lane.pk)
        yield from moments(0.5)
    yield from moments(2.0)
    lane.release()


def _emptied_broker(lane: Lane, _where: Backstage) -> Script:
    """Whoever works is killed, and the broker forgets everything."""
    yield from _held(lane, "review.before")
    empty_broker()
    _kill_held(lane)
    empty_broker()


def empty_broker() -> None:
    """Throw away all that the broker holds."""
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushall()


def _kill_held(lane: Lane) -> None:
    for _place, _key, pid in lane.held:
        send(pid, signal.SIGKILL)


def _set_back(place: str) -> Callable[[Lane, Backstage], Script]:
    """The disk is cleared, and then the whole database goes back to the moment of the place (R-20)."""

    def script(lane: Lane, where: Backstage) -> Script:
        yield from _held(lane, place)
        keep = where.var / "kept-database"
        _copy_database(where, keep)
        lane.release()
        yield from _until_cleared(lane)
        lane.is_set_back = True
        _put_back(where, keep)
        shutil.rmtree(keep)

    return script


def _until_cleared(lane: Lane) -> Script:
    """Wait for the clear; the bell is rung again, for the database was away for a moment."""
    while lane.disk.clears == 0 or not _is_cleared(lane):
        clear_services.sweep_cases()
        yield from moments(0.5)


def _is_cleared(lane: Lane) -> bool:
    return bool(ClearCardCase.objects.get(pk=lane.pk).status == CaseStatus.CLEARED)


def _copy_database(where: Backstage, target: Path) -> None:
    with _database_at_rest(where) as folder:
        shutil.copytree(folder, target, symlinks=True)


def _put_back(where: Backstage, kept: Path) -> None:
    with _database_at_rest(where) as folder:
        shutil.rmtree(folder)
        shutil.copytree(kept, folder, symlinks=True)


@contextmanager
def _database_at_rest(where: Backstage) -> Iterator[Path]:
    """Stop the database, give its folder, start it again."""
    connections.close_all()
    embedded.stop(where.var, names=(backstage.POSTGRES,))
    try:
        yield where.var / "embedded" / "data" / backstage.POSTGRES
    finally:
        embedded.start(where.var)
        connection.close()


def _clock(jump: timedelta, *, stays: bool) -> Callable[[Lane, Backstage], Script]:
    """The hall's business clock jumps between the signature and the sending."""

    def script(lane: Lane, _where: Backstage) -> Script:
        yield from _held(lane, "clear.sign.after")
        real = clock.offset()
        clock.set_offset(real + jump)
        try:
            lane.release()
            yield from moments(6.0)
        finally:
            # A disk never accepts a time before one that it has seen, so the hall stays ahead.
            clock.set_offset(real + jump if stays else real)

    return script


def _everything(lane: Lane, where: Backstage) -> Script:
    """Torn after the commit, carrier killed, broker emptied, database restarted; the disk comes back elsewhere."""
    lane.control(do="fault", switches={"vanish_after": True, "on": "APPLY_CLEAR"})
    yield from _held(lane, "clear.note_doubt.before")
    lane.control(do="remove")
    where.kill(backstage.DEVICE)
    _kill_held(lane)
    empty_broker()
    where.kill(backstage.POSTGRES)
    connections.close_all()
    embedded.start(where.var)
    connection.close()
    yield from moments(3.0)


def _no_way_back(lane: Lane, _where: Backstage) -> Script:
    """The person wants the application back while the command is on its way to the disk."""
    yield from _held(lane, "clear.apply.before")
    case = ClearCardCase.objects.get(pk=lane.pk)
    try:
        clear_services.withdraw_case(actor=lane.player.user, case=case)
    except (TransitionNotAllowedError, NotPermittedError):
        lane.notes.append("withdrawal refused")
    else:
        lane.untrue.append("an application was taken back while its command was on the way")
    lane.release()


def _card_service_absent(lane: Lane, where: Backstage) -> Script:
    """The card service is gone when the person presses, and comes back later."""
    where.stop(backstage.CARD_HOST)
    yield from press(lane)
    yield from moments(settings.HALL_LEASE_SECONDS)
    where.kill(backstage.CARD_HOST)
    where.go_on()


_SCRIPTS: dict[str, Callable[[Lane, Backstage], Script]] = {
    "duplicates with a late second worker": _late_second_worker,
    "lease theft": _lease_theft,
    "emptied broker": _emptied_broker,
    "database from before the command": _set_back("clear.claim.before"),
    "database from before the token": _set_back("clear.sign.before"),
    "database from before the sending": _set_back("clear.mark_sending.before"),
    "hall clock jumps a day ahead": _clock(JUMP_AHEAD, stays=True),
    "hall clock jumps two hours back": _clock(JUMP_BACK, stays=False),
    "torn, carrier killed, broker emptied, database restarted, disk comes back elsewhere": _everything,
    "no way back while sending": _no_way_back,
    "card service absent": _card_service_absent,
}
NAMES: tuple[str, ...] = tuple(_SCRIPTS)
