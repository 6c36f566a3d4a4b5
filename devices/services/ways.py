"""How each disk of a company can be reached now: in which reader or PC, by which driver, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from devices.gateway import reader_names
from devices.models import AgentDisk, Device
from devices.services.agents.carrier import is_heard
from devices.services.host import card_host_state


@dataclass(frozen=True)
class Way:
    """The way to one disk; `transport` is empty when nobody answered, `place` when the disk is nowhere."""

    transport: str = ""
    place: str = ""
    # The name that programs use of the reader, where `place` has another one for it.
    technical: str = ""
    problem: str = ""
    since: datetime | None = None
    is_up: bool = False


def ways_to(devices: Iterable[Device]) -> dict[str, Way]:
    """Return the way to each disk by its serial; the hall's own card host is asked once for all of them."""
    asked = list(devices)
    if not asked:
        return {}
    places = AgentDisk.objects.filter(device__in=asked, is_held=True).select_related("agent", "device")
    found = {place.device.serial: _at_pc(place) for place in places}
    rest = [device for device in asked if device.serial not in found]
    state = card_host_state() if rest else None
    return found | {device.serial: _at_hall(device, state) for device in rest}


def _at_pc(place: AgentDisk) -> Way:
    return Way(
        transport="agent",
        place=f"{place.agent.name} · {reader_names.spoken(place.reader)}",
        technical=reader_names.technical(place.reader),
        problem=place.note,
        since=place.proved_at,
        is_up=is_heard(place),
    )


def _at_hall(device: Device, state: dict[str, Any] | None) -> Way:
    if state is None:
        return Way()
    reader = next((each for each in state["readers"] if each["serial"] == device.serial), None)
    if reader is None:
        return Way(transport=state["transport"], problem=state["problem"], since=_moment(state["since"]))
    return Way(
        transport=state["transport"],
        place=reader_names.spoken(reader["reader"]),
        technical=reader_names.technical(reader["reader"]),
        problem=state["problem"] or reader["note"],
        since=_moment(reader["since"]),
        is_up=not reader["is_broken"] and not state["problem"],
    )


def _moment(text: str) -> datetime | None:
    found = datetime.fromisoformat(text) if text else None
    return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found
