"""Visits to disks at agents: offered, taken under a lease with a fencing number, answered, withdrawn or overdue."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from devices.choices import LIVE_COMMAND_STATES, VisitState
from devices.gateway import wire
from devices.gateway.pairing import Work
from devices.gateway.wire import CardRequest
from devices.models import Agent, AgentCode, AgentDisk, AgentVisit, DeviceCommand
from devices.services.agents.holds import lock_agent

# How long a visit waits to be taken, and how long after that the first changing byte may leave.
TAKE_SECONDS = 10.0
SEND_WITHIN_SECONDS = 10.0
# The disk's own deadline comes on top, then the way back.
RETURN_SECONDS = 5.0
# Whoever asked has surely gone by then.
FORGOTTEN = timedelta(minutes=2)
KEEP = timedelta(days=30)
# How often an agent asks: soon again while something is going on with its company, else more seldom.
BUSY_SECONDS, IDLE_SECONDS = 0.5, 5.0
BUSY_FOR = timedelta(minutes=3)


def patience_of(request: CardRequest) -> float:
    """Return how long after it was taken a visit may be answered."""
    return SEND_WITHIN_SECONDS + wire.CONNECT_DEADLINE + request.deadline + RETURN_SECONDS


@transaction.atomic
def offer_visit(*, place: AgentDisk, request: CardRequest) -> AgentVisit:
    """Write down what the agent that holds the disk is to do. Raises: ValueError for a request with a PIN."""
    if request.pin is not None or request.new_pin is not None:
        raise ValueError("a PIN never travels to an agent")
    return AgentVisit.objects.create(
        agent_id=place.agent_id, device_id=place.device_id, request=request.to_json(), is_changing=request.is_changing
    )


def withdraw_visit(visit: AgentVisit) -> bool:
    """Take back a visit that nobody has now; False when somebody took it since it was looked at."""
    waiting = AgentVisit.objects.waiting().filter(pk=visit.pk, fencing=visit.fencing)
    return bool(waiting.update(state=VisitState.WITHDRAWN))


def give_up_visit(visit: AgentVisit) -> bool:
    """Stop waiting for a visit that was taken; False when it was answered or given back meanwhile."""
    return bool(AgentVisit.objects.taken().filter(pk=visit.pk).update(state=VisitState.OVERDUE))


@transaction.atomic
def take_visits(*, agent: Agent, held: Collection[str]) -> list[Work]:
    """Give the agent what waits for the disks it holds, one visit per disk at a time.

    `held` are the visits it says it has; one that was given and is not among them never reached it and is
    offered again under a higher number. Raises: AgentRevokedError.
    """
    lock_agent(agent)
    now = timezone.now()
    _give_back(agent, held)
    visits = AgentVisit.objects.select_for_update(of=("self",), skip_locked=True).waiting()
    due = visits.filter(agent=agent, created_at__gt=now - timedelta(seconds=TAKE_SECONDS)).order_by("created_at")
    busy = set(_taken_of(due.values_list("device_id", flat=True)))
    holding = set(AgentDisk.objects.filter(agent=agent, is_held=True).values_list("device_id", flat=True))
    work = []
    for visit in due:
        if visit.device_id in busy or visit.device_id not in holding:
            continue
        busy.add(visit.device_id)
        visit.state, visit.fencing, visit.taken_at = VisitState.TAKEN, visit.fencing + 1, now
        visit.save(update_fields=["state", "fencing", "taken_at"])
        work.append(Work(str(visit.pk), visit.fencing, visit.request, SEND_WITHIN_SECONDS))
    return work


def _give_back(agent: Agent, held: Collection[str]) -> None:
    lost = AgentVisit.objects.taken().filter(agent=agent)
    lost.exclude(pk__in=_numbers(held)).update(state=VisitState.WAITING)


def _taken_of(devices: Any) -> list[int]:
    taken = AgentVisit.objects.taken().filter(device_id__in=list(devices))
    taken.filter(taken_at__lt=timezone.now() - FORGOTTEN).update(state=VisitState.OVERDUE)
    return list(taken.values_list("device_id", flat=True))


def _numbers(texts: Collection[str]) -> list[uuid.UUID]:
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(str(text)))
        except ValueError:
            continue
    return found


def count_waiting(*, agent: Agent) -> int:
    """Return how much still waits for the disks the agent holds: commands that have not ended, and visits."""
    devices = list(AgentDisk.objects.filter(agent=agent, is_held=True).values_list("device_id", flat=True))
    if not devices:
        return 0
    commands = DeviceCommand.objects.filter(device_id__in=devices, state__in=LIVE_COMMAND_STATES)
    return commands.count() + AgentVisit.objects.waiting().filter(device_id__in=devices).count()


def hurry(*, agent: Agent) -> float:
    """Return in how many seconds the agent should ask again: soon after a visit, or after a person was at its disks."""
    since = timezone.now() - BUSY_FOR
    is_busy = (
        AgentVisit.objects.filter(agent=agent, created_at__gt=since).exists()
        or AgentDisk.objects.filter(Q(proved_at__gt=since) | Q(unlocked_at__gt=since), agent=agent).exists()
    )
    return BUSY_SECONDS if is_busy else IDLE_SECONDS


def purge_visits() -> int:
    """Remove what is over and a month old, and codes that nobody used; return how many."""
    old = AgentVisit.objects.filter(created_at__lt=timezone.now() - KEEP)
    codes = AgentCode.objects.filter(expires_at__lt=timezone.now() - KEEP, used_at__isnull=True)
    # What nobody ever answered is kept twice as long: the answer is still welcome as evidence.
    unanswered = old.filter(state=VisitState.OVERDUE, created_at__lt=timezone.now() - 2 * KEEP)
    over = old.filter(state__in=[VisitState.ANSWERED, VisitState.WITHDRAWN])
    return over.delete()[0] + unanswered.delete()[0] + codes.delete()[0]
