"""An agent as a card host: the same requests and answers, over rows instead of a socket."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from devices.choices import VisitState
from devices.gateway.client import HostUnavailableError
from devices.gateway.wire import CardAnswer, CardRequest, Fault, FaultKind
from devices.models import AgentDisk, AgentVisit
from devices.protocol.messages import AuthorityOrder, ClearToken
from devices.services.agents import denials, visits
from taxhall.common.prepared import Prepared, Slot

_HELD: Prepared[AgentDisk] = Prepared(
    lambda: (
        AgentDisk.objects.select_related("agent", "device")
        .filter(device__serial=Slot("serial"), is_held=True)
        .order_by("pk")
    )
)
# An agent that was not heard of for so long is taken for switched off: nobody waits for it.
SILENCE_SECONDS = 20.0
LOOK_SECONDS = 0.05
# What changes a disk moves a counter, by which the disk proves whether it ran.
COUNTERS = {
    "apply_clear": "clear_counter",
    "apply_order": "order_counter",
    "issue": "sign_counter",
    "void": "sign_counter",
}


class UnprovedFaultError(HostUnavailableError):
    """The PC says that the disk did nothing, and brings no proof of the disk: it may have, or may yet."""

    def __init__(self, fault: Fault) -> None:
        super().__init__("what the PC says is not proved", sent=True)
        self.fault = fault


def find_place(serial: str) -> AgentDisk | None:
    """Return the agent that holds the disk, or last did and has not been seen to lose it."""
    return _HELD.first(serial=serial)


def find_last_place(serial: str) -> AgentDisk | None:
    """Return the agent that a disk was proved at last, even if it was let go since."""
    rows = AgentDisk.objects.select_related("agent", "device").filter(device__serial=serial)
    return rows.filter(proved_at__isnull=False, agent__revoked_at__isnull=True).order_by("-hold").first()


def is_heard(place: AgentDisk) -> bool:
    """Say whether the agent asks for work now."""
    heard: datetime | None = place.agent.last_contact_at
    return heard is not None and timezone.now() - heard <= timedelta(seconds=SILENCE_SECONDS)


class AgentCardHost:
    """Carries requests to one disk at one agent."""

    def __init__(self, place: AgentDisk) -> None:
        self._place = place

    def exchange(self, request: CardRequest) -> CardAnswer:
        """Carry one request to the disk. Raises: HostUnavailableError; ValueError for a request with a PIN."""
        device, counter = self._place.device, _counter_of(request)
        # Looked up before the PC knows what is asked: whatever it makes the disk count from now on is not known.
        known = denials.known_counter(device, counter) if counter else None
        # An agent drives our own disks only, and vouches for nothing.
        answer = replace(self._carry(request), has_read_back=True, is_ours=False)
        if denials.is_unable(request, answer):
            raise HostUnavailableError("our disks can read back", sent=False, code="disk.denial_unproved")
        unheard = denials.denied(request, answer)
        if unheard and not denials.is_proved_absent(device, unheard, self._carry):
            raise HostUnavailableError("the absence is not proved", sent=False, code="disk.denial_unproved")
        # Neither a status word nor "nothing was sent" is signed, and this PC is not ours: once it had the request,
        # the disk must say itself that it did nothing.
        if counter and answer.fault is not None and not self._is_proved(request, answer.fault, known):
            raise UnprovedFaultError(answer.fault)
        return answer

    def _is_proved(self, request: CardRequest, fault: Fault, known: int | None) -> bool:
        """Say whether the disk signs that it did nothing, and of what was signed for it that it never can any more."""
        step = next(step for step in request.steps if step.get("op") in COUNTERS)
        device, name = self._place.device, str(step["op"])
        is_final = fault.kind == FaultKind.REFUSED
        try:
            if is_final and name == "apply_clear":
                return denials.is_clear_dead(device, ClearToken.from_json(step["token"]), self._carry)
            if is_final and name == "apply_order":
                return denials.is_order_dead(device, AuthorityOrder.from_json(step["order"]), self._carry)
            return denials.is_unmoved(device, COUNTERS[name], known, self._carry)
        except HostUnavailableError:
            return False  # of the question nothing was sent, but what was asked before it was

    def _carry(self, request: CardRequest) -> CardAnswer:
        return self._await(visits.offer_visit(place=self._place, request=request), request)

    def status(self) -> dict[str, Any]:
        """Return the readiness list, as a card host's."""
        place = self._place
        is_unlocked = place.is_unlocked and is_heard(place)
        reader = {
            "reader": place.reader,
            "is_present": True,
            "serial": place.device.serial,
            "is_unlocked": is_unlocked,
            "unlocked_since": place.unlocked_at.isoformat() if is_unlocked and place.unlocked_at else "",
            "is_broken": False,
            "faults": 0,
            "waiting": 0,
            "note": place.note,
            "since": place.proved_at.isoformat() if place.proved_at else "",
        }
        heard = place.agent.last_contact_at
        return {
            "transport": "agent",
            "agent": place.agent.name,
            "problem": "" if is_heard(place) else "silent",
            "since": heard.isoformat() if heard else "",
            "readers": [reader],
        }

    def _await(self, visit: AgentVisit, request: CardRequest) -> CardAnswer:
        pause, begun = threading.Event(), time.monotonic()
        taken_at: float | None = None
        while True:
            visit.refresh_from_db(fields=["state", "answer", "fencing"])
            now = time.monotonic()
            if visit.state == VisitState.ANSWERED and visit.answer is not None:
                return CardAnswer.from_json(visit.answer)
            if visit.state == VisitState.TAKEN:
                taken_at = taken_at or now
                if now - taken_at >= visits.patience_of(request) and visits.give_up_visit(visit):
                    raise HostUnavailableError("no answer from the agent", sent=True)
            elif visit.state == VisitState.WAITING:
                taken_at = None
                if now - begun >= visits.TAKE_SECONDS and visits.withdraw_visit(visit):
                    # Once it was given out, only the PC says that it never came.
                    raise HostUnavailableError(
                        "the agent did not take it", sent=visit.fencing > 0, code="disk.agent_busy"
                    )
            else:
                raise HostUnavailableError(f"the visit is {visit.state}", sent=visit.state == VisitState.OVERDUE)
            pause.wait(LOOK_SECONDS)


def _counter_of(request: CardRequest) -> str:
    """Return which counter of the disk moves with what is asked of it, "" for what moves none."""
    return next((COUNTERS[step["op"]] for step in request.steps if step.get("op") in COUNTERS), "")
