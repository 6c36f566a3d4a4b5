"""How a case comes to the place where it is struck: scripts that are advanced a little at a time, all lanes at once."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from clearcard.tasks import reconcile_case
from devices.protocol.messages import ClearRequest
from devices.rules import tokens
from devices.signer.file import FileSigner
from devices.signer.keys import HallKeys
from taxhall.common.doorbell import ring
from taxhall.common.failpoints import STOP
from taxhall.common.periods import TaxPeriod
from taxhall.torture import hands, places
from taxhall.torture.lane import Lane, Script
from taxhall.torture.waits import press, until, until_read

_COMMANDS = {places.CLEAR: "APPLY_CLEAR", places.ISSUE: "ISSUE_INVOICE"}


def approach(lane: Lane) -> Script:
    """Lead a case to its place; the script ends when somebody stands there or has died there."""
    place = lane.case.place
    if place is None:
        yield from hands.strike(lane)
        return
    yield from _WAYS[place.led_by](lane)
    wait = until_read if place.is_beyond_a_look else until
    yield from wait(lane, place.name, lane.key_of(place.key))


def _plain(lane: Lane) -> Script:
    yield from press(lane)


def _with_fault(**switches: Any) -> Callable[[Lane], Script]:
    def way(lane: Lane) -> Script:
        lane.control(do="fault", switches={**switches, "on": _COMMANDS[lane.case.act]})
        yield from press(lane)

    return way


def _absent(lane: Lane) -> Script:
    lane.control(do="remove")
    yield from press(lane)


def _gone(lane: Lane) -> Script:
    """The answer is lost and the disk stays away."""
    lane.control(do="fault", switches={"vanish_after": True, "on": "APPLY_CLEAR"})
    yield from _held_at(lane, "clear.withdraw_and_read.before")
    lane.control(do="remove")
    lane.release("clear.withdraw_and_read.before")


def _held_at(lane: Lane, place: str) -> Script:
    key = str(lane.pk)
    lane.arm(place, key, STOP)
    yield from press(lane)
    yield from until(lane, place, key)


def _stale(lane: Lane) -> Script:
    """Somebody else has the disk drop its request between the signature and the sending."""
    yield from _held_at(lane, "clear.mark_sending.after")
    while lane.visit({"op": "abort_clear", "group": "A"}) is None:
        yield
    lane.release("clear.mark_sending.after")


def _elsewhere(lane: Lane) -> Script:
    """Another command clears the disk between the look and the request."""
    yield from _held_at(lane, "clear.note_reading.after")
    yield from clear_elsewhere(lane)
    lane.release("clear.note_reading.after")


def _contradicted(lane: Lane) -> Script:
    """Another command clears the disk while ours is in doubt."""
    lane.control(do="fault", switches={"vanish_before": True, "on": "APPLY_CLEAR"})
    yield from _held_at(lane, "clear.withdraw_and_read.before")
    yield from clear_elsewhere(lane)
    lane.release("clear.withdraw_and_read.before")


def clear_elsewhere(lane: Lane) -> Script:
    """Clear the disk by a command that this hall's ledger does not know, with its own key."""
    period = TaxPeriod(lane.player.device.period_start, lane.player.device.period_end)
    window = period.next()
    payload = {
        "new_period_start": window.start.isoformat(),
        "new_period_end": window.end.isoformat(),
        "new_cut_off": window.next().start.replace(day=15).isoformat(),
    }
    bounds = {"period_start": period.start.isoformat(), "period_end": period.end.isoformat()}
    signer = FileSigner(HallKeys(lane.grounds.var / "keys").clear_key())
    while lane.disk.clears == 0:
        asked = lane.visit({"op": "begin_clear", "group": "A", **bounds})
        if asked is not None:
            request = ClearRequest.from_json(asked.results[0])
            command = SimpleNamespace(pk="ee" * 16, payload=payload)
            draft = tokens.draft_token(command=command, request=request, moment=request.clock)
            lane.visit({"op": "apply_clear", "token": signer.sign_clear(draft).to_json()})
        yield


def _late_bell(lane: Lane) -> Script:
    """A bell for a doubt rings while the disk refuses; the reconciler comes when the doubt is over."""
    key = str(lane.pk)
    yield from _held_at(lane, "clear.apply.before")
    lane.arm("clear.gain_right.before", key, STOP)
    ring(reconcile_case, lane.pk)
    yield from until(lane, "clear.gain_right.before", key)
    while lane.visit({"op": "abort_clear", "group": "A"}) is None:
        yield
    lane.arm("clear.claim.before", key, STOP)
    lane.release("clear.apply.before")
    yield from until(lane, "clear.claim.before", key)
    lane.release("clear.gain_right.before")


_WAYS: dict[str, Callable[[Lane], Script]] = {
    places.PLAIN: _plain,
    places.LOST: _with_fault(vanish_after=True),
    places.NEVER_RAN: _with_fault(vanish_before=True),
    places.ABSENT: _absent,
    places.GONE: _gone,
    places.STALE: _stale,
    places.ELSEWHERE: _elsewhere,
    places.CONTRADICTED: _contradicted,
    places.LATE_BELL: _late_bell,
}
