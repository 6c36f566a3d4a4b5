"""What can go wrong in a schedule besides the order of events."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from clearcard.choices import CaseStatus
from clearcard.rules import course
from devices.gateway.base import CardRefusedError
from devices.gateway.wire import CardAnswer
from taxhall.simulation import scenario
from taxhall.simulation.disks import clear_elsewhere as clear_disk_elsewhere
from taxhall.simulation.disks import counter_inside, forged_receipt, report_month

if TYPE_CHECKING:
    from taxhall.simulation.rows import CaseRow
    from taxhall.simulation.world import Worker, World

FAULTS: tuple[dict[str, Any], ...] = (
    {"tear_before_write": 1},
    {"tear_before_write": 1, "tear_share": 0.5},
    {"tear_before_write": 1, "tear_share": 1.0},
    {"vanish_before": True},
    {"vanish_after": True},
    {"answer": "torn"},
    {"answer": "one_byte"},
    {"answer": "zero"},
    {"answer": "random"},
)
COMMANDS = ("APPLY_CLEAR", "APPLY_CLEAR", "APPLY_CLEAR", "BEGIN_CLEAR", "GET_LAST_CLEAR", "GET_STATUS", "CHALLENGE", "")


def misfortunes(world: World, waiting: list[Worker]) -> dict[str, tuple[float, Callable[[], None]]]:
    """Return what may go wrong now, by name: how likely against the others, and the act."""
    found: dict[str, tuple[float, Callable[[], None]]] = {
        "fault": (3, partial(arm, world)),
        "pull": (0.7, partial(pull, world)),
        "insert": (2, partial(insert, world)),
        "swap": (0.5, partial(swap, world)),
        "backup": (1, lambda: world.backups.append(world.ledger.copy())),
        "jump": (0.5, partial(jump, world)),
        "look": (1, world.look),
    }
    if world.workers:
        found["stop"] = (2, lambda: world.stop(world.random.choice(world.workers)))
        found["crash"] = (2, lambda: world.crash(world.random.choice(world.workers)))
        found["crash after"] = (1, lambda: world.do(world.random.choice(world.workers), survives=False))
    if waiting:
        found["lose"] = (2, lambda: world.lose(world.random.choice(waiting)))
    if world.broker:
        found["drop"] = (1, partial(drop_message, world))
        found["duplicate"] = (2, lambda: world.broker.append(world.random.choice(world.broker)))
    if world.plan.elsewhere:
        found["elsewhere"] = (3, partial(clear_elsewhere, world))
    if any(isinstance(each.step, course.Apply) for each in waiting):
        found["forge"] = (3, lambda: forge(world.random.choice(waiting)))
    if world.plan.has_next_month and cleared(world):
        found["next month"] = (3, partial(next_month, world))
    if world.plan.may_restore:
        found["restore"] = (0.7, partial(restore, world))
    return found


def forge(worker: Worker) -> None:
    """A carrier makes a receipt up instead of asking the disk."""
    if isinstance(worker.step, course.Apply) and worker.flight is not None and worker.flight.answer is None:
        receipt = forged_receipt(worker.step.token)
        worker.flight.answer = CardAnswer(results=(receipt.to_json(),))


def clear_elsewhere(world: World) -> None:
    """Somebody else's command clears a disk."""
    world.is_changed = True
    device = world.ledger.devices[world.plan.elsewhere.pop()]
    disk = world.rack.disks[device.serial]
    disk.faults.clear()
    # A disk whose clock was set back refuses everybody.
    with suppress(CardRefusedError):
        clear_disk_elsewhere(disk, device.period, world.books.clear_key)


def drop_message(world: World) -> None:
    """The broker loses a message."""
    world.broker.pop(world.random.randrange(len(world.broker)))


def arm(world: World, on: str | None = None) -> None:
    """A disk is going to fail at one of its next commands."""
    serial = world.random.choice(list(world.rack.disks))
    switches = world.random.choice(FAULTS) | {"on": world.random.choice(COMMANDS) if on is None else on}
    world.trace.say(" ", serial, sorted(switches.items()))
    world.rack.disks[serial].faults.arm(switches)


def pull(world: World) -> None:
    """A disk is pulled out."""
    world.rack.pull(world.random.choice(list(world.rack.disks)))


def insert(world: World) -> None:
    """A disk that is outside is put into a free reader."""
    for serial, place in world.rack.places.items():
        taken = set(world.rack.places.values())
        if place is None:
            free = [each for each in ("reader 0", "reader 1", "reader 2") if each not in taken]
            world.rack.insert(serial, world.random.choice(free))
            return


def swap(world: World) -> None:
    """The two disks change places."""
    one, other = world.rack.disks
    world.rack.swap(one, other)


def jump(world: World) -> None:
    """A clock is set wrong: the hall's, or the disks'."""
    off = timedelta(minutes=world.random.choice((-30, -3, 3, 30)))
    if world.random.random() < 0.5:
        world.skew = off
    else:
        world.drift = off


def restore(world: World) -> None:
    """The whole database goes back, everything else stopped: what was on its way has come or is lost."""
    for worker in list(world.workers):
        world.crash(worker)
    for flight in world.ghosts:
        if world.random.random() < 0.5:
            world.carry(flight)
    world.ghosts.clear()
    world.is_changed = True
    world.ledger.restore(world.random.choice(world.backups))
    world.set_back = set(world.ledger.devices)


def cleared(world: World) -> list[CaseRow]:
    """Return the cases that began without a flaw and are cleared."""
    cases = world.ledger.cases.values()
    fine = [each for each in cases if world.plan.meant[each.pk] == scenario.FINE]
    return [each for each in fine if each.status == CaseStatus.CLEARED]


def next_month(world: World) -> None:
    """A cleared disk is reported again a month later, and its next clear is approved."""
    world.plan.has_next_month = False
    device = world.ledger.devices[cleared(world)[0].device_id]
    disk = world.rack.disks[device.serial]
    if counter_inside(disk) != device.clear_counter:
        return
    world.is_changed = True
    world.passed += device.period.next().start - device.period.start
    disk.faults.clear()
    with world.ledger.transaction():
        report = report_month(disk, device.period)
        case = scenario.apply_for(
            world.ledger, world.plan, device=device, report=report, kind=scenario.FINE, now=world.now
        )
    world.backups = [world.ledger.copy()]
    world.broker.append(("execute", case.pk))
