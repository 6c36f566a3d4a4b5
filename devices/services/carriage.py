"""Whose reader carried a clear to its disk, told by the visits that were made and not by where the disk is now."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from devices.choices import CarrierKind
from devices.models import AgentVisit, DeviceCommand
from devices.services.agents.visits import KEEP


@dataclass(frozen=True)
class Carriage:
    """Who carried a command; without a kind nobody knows any more."""

    kind: str = ""
    name: str = ""


def carriage_of(command: DeviceCommand) -> Carriage:
    """Return who handed the newest signed form of a clear to the disk.

    A PC that took it has a visit; what was sent without one went through the hall's own readers. A command that
    was never sent as far as the rows tell, or so long ago that its visits are gone, leaves it open.
    """
    token = command.token or {"command_id": str(command.pk)}
    visits = AgentVisit.objects.carried().filter(device_id=command.device_id, is_changing=True)
    told = visits.filter(request__contains={"steps": [{"op": "apply_clear", "token": token}]})
    visit = told.select_related("agent").order_by("-created_at").first()
    if visit is not None:
        return Carriage(CarrierKind.AGENT, visit.agent.name)
    if command.sent_at is None or command.sent_at < timezone.now() - KEEP:
        return Carriage()
    return Carriage(CarrierKind.HALL)
