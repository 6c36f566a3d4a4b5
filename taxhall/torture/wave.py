"""A wave: many cases led to their places at once, struck together, healed, and judged one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from taxhall.common import failpoints
from taxhall.embedded.processes import becomes_true
from taxhall.torture import healing, matrix, solos, verdict
from taxhall.torture.approach import approach
from taxhall.torture.backstage import Backstage
from taxhall.torture.lane import Lane, Script
from taxhall.torture.matrix import Blow
from taxhall.torture.verdict import Verdict
from taxhall.torture.watch import Watch

APPROACH_SECONDS = 60.0
# A case for the whole stage may start a worker or copy a database.
SOLO_SECONDS = 180.0
REST_SECONDS = 150.0
ACTIONS = {
    matrix.KILL: failpoints.KILL,
    matrix.STOP: failpoints.STOP,
    matrix.FAIL: failpoints.FAIL,
    matrix.DELAY: failpoints.DELAY,
}


@dataclass
class WaveResult:
    """What a wave came to."""

    verdicts: list[tuple[Lane, Verdict]] = field(default_factory=list)
    looks: int = 0
    reads: int = 0
    # Seconds that each part of the wave took, in order.
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long the wave took."""
        return sum(self.parts.values())

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Take the time of a part."""
        began = time.monotonic()
        yield
        self.parts[part] = time.monotonic() - began


@dataclass
class Stage:
    """The torture hall as a wave uses it."""

    backstage: Backstage
    targets: tuple[str, ...]
    say: Callable[[str], None]
    # A busy machine is given so many times longer.
    patience: float = 1.0


def run_wave(lanes: Sequence[Lane], stage: Stage) -> WaveResult:
    """Run a wave to its verdicts."""
    result = WaveResult()
    with result.timed("ready"):
        _serve(lanes)
    with Watch(list(lanes)) as watch:
        with result.timed("reach"):
            _arm(lanes)
            _approach(lanes, stage)
        with result.timed("strike"):
            _strike(lanes, stage)
            stage.backstage.revive(targets=stage.targets, say=stage.say)
            healing.heal(lanes)
        with result.timed("rest"):
            _await_rest(lanes, REST_SECONDS * stage.patience)
    result.looks, result.reads = watch.looks, watch.reads
    with result.timed("judge"):
        becomes_true(_database_answers, seconds=REST_SECONDS * stage.patience)
        result.verdicts = [(lane, _judged(lane)) for lane in lanes]
        for lane in lanes:
            _leave(lane)
    return result


def _database_answers() -> bool:
    """Say whether the database is there; the last blow may have been its own."""
    try:
        connection.close()
        connection.ensure_connection()
    except (DatabaseError, InterfaceError):
        return False
    return True


def _serve(lanes: Sequence[Lane]) -> None:
    """Bring the disks to the readers, and the PIN to those that need it."""
    for lane in lanes:
        lane.signatures_before = lane.disk.signatures
        lane.serve()

    def is_ready() -> bool:
        return all(lane.visit({"op": "status"}) is not None for lane in lanes) and all(
            lane.unlock() for lane in lanes if lane.is_issue
        )

    becomes_true(is_ready, seconds=60.0)


def _arm(lanes: Sequence[Lane]) -> None:
    """Have whoever comes to a case's place stand there, or suffer there what the case says."""
    for lane in lanes:
        place, blow = lane.case.place, lane.case.blow
        if place is None or blow is None:
            continue
        action = ACTIONS[blow.how] if blow.target == matrix.ITSELF else failpoints.STOP
        lane.arm(place.name, lane.key_of(place.key), action, seconds=settings.HALL_LEASE_SECONDS + 2.0)


def _approach(lanes: Sequence[Lane], stage: Stage) -> None:
    """Lead every case to its place; those that stand in the web process come last and one by one.

    Whoever stands brings a whole web process to a stop, and with it every press that it serves besides: one that had
    rung and not yet passed its place would never come there, since the hall has nothing left to ring for.
    """
    patient = [lane for lane in lanes if lane.case.place is None or not lane.case.place.needs_web]
    alone = [[lane] for lane in lanes if lane not in patient]
    for group in (patient, *alone):
        _advance([(lane, _script_of(lane, stage)) for lane in group], stage)


def _script_of(lane: Lane, stage: Stage) -> Script:
    return solos.conduct(lane, stage.backstage) if lane.case.solo else approach(lane)


def _advance(scripts: list[tuple[Lane, Script]], stage: Stage) -> None:
    allowed = SOLO_SECONDS if any(lane.case.solo for lane, _script in scripts) else APPROACH_SECONDS
    until = time.monotonic() + allowed * stage.patience
    ticks = 0
    while scripts and time.monotonic() < until:
        scripts = [(lane, script) for lane, script in scripts if _goes_on(script)]
        ticks += 1
        if ticks % 20 == 0:
            healing.sweep()
        becomes_true(lambda: False, seconds=0.05)
    for lane, _script in scripts:
        lane.notes.append("not reached")
        stage.say(f"not reached in time: {lane.case.name}")


def _goes_on(script: Script) -> bool:
    try:
        next(script)
    except StopIteration:
        return False
    except DatabaseError:
        connection.close()
    return True


def _strike(lanes: Sequence[Lane], stage: Stage) -> None:
    """Deal the blows of the wave while the cases stand at their places, then let them go on."""
    blows = list(dict.fromkeys(lane.case.blow for lane in lanes if lane.case.blow is not None))
    blows = [blow for blow in blows if blow.target != matrix.ITSELF]
    for blow in blows:
        _deal(blow, stage.backstage)
    stands = any(blow.how == matrix.STOP for blow in blows) or any(_stands_itself(lane) for lane in lanes)
    for lane in lanes:
        if not _stands_itself(lane):
            lane.release()
    if stands:
        # Longer than a lease: whoever wakes now is late.
        becomes_true(lambda: False, seconds=settings.HALL_LEASE_SECONDS + 2.0)
    stage.backstage.go_on()
    for lane in lanes:
        lane.release()


def _stands_itself(lane: Lane) -> bool:
    blow = lane.case.blow
    return blow is not None and (blow.target, blow.how) == (matrix.ITSELF, matrix.STOP)


def _deal(blow: Blow, where: Backstage) -> None:
    if blow.how == matrix.KILL:
        where.kill(blow.target)
    else:
        where.stop(blow.target)


def _await_rest(lanes: Sequence[Lane], seconds: float) -> None:
    """Give the hall, and the people who use it, the time that it may take to come to rest."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            restless = [lane for lane in lanes if not verdict.is_at_rest(lane)]
            if not restless:
                return
            healing.help_along(restless)
        except DatabaseError:
            connection.close()
        becomes_true(lambda: False, seconds=1.0)


def _judged(lane: Lane) -> Verdict:
    found = verdict.judge(lane)
    found.add(verdict.UNFINISHED, verdict.NOT_REACHED, when="not reached" in lane.notes)
    return found


def _leave(lane: Lane) -> None:
    place = lane.case.place
    if place is not None:
        lane.disarm(place.name, lane.key_of(place.key))
    lane.take_away()
