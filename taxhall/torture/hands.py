"""Faults of a disk and its reader, and what hands do to them, each while the command that matters is on its way."""

from __future__ import annotations

from collections.abc import Callable

from taxhall.common.failpoints import STOP
from taxhall.torture import places
from taxhall.torture.lane import Lane, Script
from taxhall.torture.waits import moments, press, until

# Ahead, but within the life of a token; behind, so that a token is not yet valid.
AHEAD_SECONDS, BEHIND_SECONDS = 8 * 60.0, -24 * 60 * 60.0
# How long a disk hangs before a hand pulls it, and how long an absent one is waited for.
HANG_SECONDS, AWAY_SECONDS = 3.0, 3.0


def strike(lane: Lane) -> Script:
    """Let the fault of a case befall its disk while the person's act goes its way."""
    fault = lane.case.fault
    if fault is None:
        yield from press(lane)
        return
    if switches := fault.arming(lane.case.act):
        lane.control(do="fault", switches=switches)
    yield from _HANDS[fault.hand](lane)


def _none(lane: Lane) -> Script:
    yield from press(lane)


def _pull_late(lane: Lane) -> Script:
    """The disk hangs until somebody loses patience."""
    yield from press(lane)
    yield from moments(HANG_SECONDS)
    lane.control(do="remove")


def _pull(lane: Lane) -> Script:
    lane.control(do="remove")
    yield from press(lane)
    yield from moments(AWAY_SECONDS)


def _while_sending(act: Callable[[Lane], Script]) -> Callable[[Lane], Script]:
    """Do something when the disk has proved itself and the first byte is about to leave."""

    def hand(lane: Lane) -> Script:
        lane.arm("card.before", lane.serial, STOP)
        yield from press(lane)
        yield from until(lane, "card.before", lane.serial)
        yield from act(lane)
        lane.release("card.before")

    return hand


def _swap(lane: Lane) -> Script:
    """Another company's disk takes the place, faster than the card service looks."""
    if lane.understudy is not None:
        lane.control(do="swap", other=lane.understudy.serial)
    yield


def _exchange(lane: Lane) -> Script:
    """The disk is taken out, and another company's is put in for all to see."""
    lane.control(do="remove")
    yield from moments(1.0)
    if lane.understudy is not None:
        lane.control(do="insert", serial=lane.understudy.serial)
    yield from moments(1.0)


def _move(lane: Lane) -> Script:
    """The disk is put into another reader before anything was sent."""
    place = "clear.apply.before" if lane.case.act == places.CLEAR else "issue.send.before"
    lane.arm(place, str(lane.pk), STOP)
    yield from press(lane)
    yield from until(lane, place, str(lane.pk))
    lane.control(do="remove")
    yield from moments(1.0)
    lane.control(do="insert")
    lane.release(place)


def _clock(seconds: float) -> Callable[[Lane], Script]:
    def hand(lane: Lane) -> Script:
        lane.control(do="clock", offset_seconds=seconds)
        yield from press(lane)
        yield from moments(AWAY_SECONDS)

    return hand


_HANDS: dict[str, Callable[[Lane], Script]] = {
    "": _none,
    "pull": _pull,
    "pull late": _pull_late,
    "swap": _while_sending(_swap),
    "exchange": _while_sending(_exchange),
    "move": _move,
    "clock ahead": _clock(AHEAD_SECONDS),
    "clock behind": _clock(BEHIND_SECONDS),
}
NEEDS_UNDERSTUDY = frozenset({"swap", "exchange"})
