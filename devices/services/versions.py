"""Asking a disk which applet it runs."""

from __future__ import annotations

from devices.errors import CardNotReadError
from devices.gateway import wire
from devices.models import Device
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import VersionInfo
from devices.services.host import visit


def applet_version(*, device: Device) -> VersionInfo:
    """Return the applet of a disk that has proved itself in the same visit; needs no PIN and changes nothing.

    Raises: CardNotReadError; the errors of `devices.services.host.visit`.
    """
    answer = visit(device, {"op": "version"}, deadline=wire.READ_DEADLINE)
    try:
        return VersionInfo.from_json(answer.results[0])
    except (ProtocolError, KeyError, TypeError, ValueError) as error:
        raise CardNotReadError from error
