"""The compatibility page (确保设备兼容性)."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from devices import compatibility as measured
from devices import selectors, services
from devices.errors import DiskError
from devices.http import TaxpayerRequest
from devices.models import Agent, Device
from devices.protocol.messages import VersionInfo
from devices.services.agents.carrier import SILENCE_SECONDS
from devices.views.acts import page
from taxhall.common import clock
from taxhall.common.web import taxpayer_required

MOST_DISKS = 8


@page
@taxpayer_required
def compatibility(request: TaxpayerRequest) -> HttpResponse:
    """Show every link from the browser to the disks as measured; by POST ask the disks themselves as well."""
    devices = list(selectors.list_devices(taxpayer=request.taxpayer).in_use()[:MOST_DISKS])
    ways = services.ways_to(devices)
    asks_disks = request.method == "POST"
    links = [
        *measured.of_browser(request.headers.get("User-Agent", "")),
        *measured.of_service(services.card_host_state()),
        *measured.of_agents(selectors.list_agents(taxpayer=request.taxpayer), is_heard=_is_heard),
    ]
    for device in devices:
        version = _version(device) if asks_disks else None
        links += measured.of_disk(device, ways[device.serial], version)
    context = {"links": links, "at": clock.now(), "has_disks": bool(devices)}
    return render(request, "devices/compatibility.html", context)


def _version(device: Device) -> VersionInfo | str:
    try:
        return services.applet_version(device=device)
    except DiskError as error:
        return str(error.message)


def _is_heard(agent: Agent) -> bool:
    heard = agent.last_contact_at
    return heard is not None and timezone.now() - heard <= timedelta(seconds=SILENCE_SECONDS)
