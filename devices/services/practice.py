"""演练模式: what a trainer does to a virtual disk, so that people and programs can practise every fault.

Only in a demo, only to disks that are marked virtual (the disk's own word), and each act in the audit trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import policies as account_policies
from accounts import services as account_services
from accounts.models import User
from devices.choices import PracticeAct
from devices.errors import PracticeRefusedError
from devices.gateway import reader_names
from devices.models import Device
from devices.services.host import forbid_transaction
from devices.virtual.control import ControlError, ask_control
from devices.virtual.serving import CONTROL_NAME
from taxhall.common.policies import require

LONGEST_DELAY, LARGEST_OFFSET = 30.0, 400 * 86_400.0
# What each act arms on the disk; the others are places and clocks.
SWITCHES: dict[str, dict[str, Any]] = {
    PracticeAct.VANISH_BEFORE: {"vanish_before": True},
    PracticeAct.VANISH_AFTER: {"vanish_after": True},
    PracticeAct.TEAR: {"tear_before_write": 1},
    PracticeAct.HANG: {"hang": True},
    PracticeAct.TORN: {"answer": "torn"},
    PracticeAct.ONE_BYTE: {"answer": "one_byte"},
    PracticeAct.RANDOM: {"answer": "random"},
}


@dataclass(frozen=True)
class PracticeDisk:
    """A virtual disk as the process that serves it tells of it."""

    serial: str
    taxpayer: str
    reader: str
    clock: datetime
    offset_seconds: float
    fired: tuple[str, ...]


def list_practice_disks(*, visible_to: User) -> list[PracticeDisk]:
    """Return the virtual disks of companies that the officer covers. Raises: PracticeRefusedError."""
    lines = {line["serial"]: line for line in _ask({"do": "list"})}
    devices = Device.objects.filter(serial__in=lines).select_related("taxpayer__bureau").order_by("serial")
    return [
        _disk(lines[device.serial])
        for device in devices
        if account_policies.officer_covers(visible_to, device.taxpayer)
    ]


def practise(*, actor: User, serial: str, act: str, on: str = "", seconds: float = 0.0) -> None:
    """Do something to a virtual disk, the way the world would: without the hall's knowing beforehand.

    `on` names the command that a fault waits for, any when empty; `seconds` is a delay of each signature, or how far
    the disk's clock is to run ahead.
    Raises: NotPermittedError; PracticeRefusedError outside a demo, for a real disk, or for a number out of bounds.
    """
    device = Device.objects.select_related("taxpayer__bureau").filter(serial=serial).first()
    may = device is not None and account_policies.officer_covers(actor, device.taxpayer)
    require(may, _("您的岗位不能演练这块设备。"))
    request = _request(serial, act, on, seconds)
    _require_demo()
    with transaction.atomic():
        # Written first, and for good: an act that is not in the trail does not happen.
        account_services.record_audit_event(
            actor=actor,
            action="devices.practised",
            obj=device,
            taxpayer=device.taxpayer if device else None,
            data={"act": act, "on": on, "seconds": seconds},
        )
    _ask(request)


def _request(serial: str, act: str, on: str, seconds: float) -> dict[str, Any]:
    if act in SWITCHES:
        return {"do": "fault", "serial": serial, "switches": {**SWITCHES[act], "on": on}}
    if act == PracticeAct.DELAY:
        _require_within(seconds, 0.0, LONGEST_DELAY)
        return {"do": "fault", "serial": serial, "switches": {"signing_delay": seconds, "on": on}}
    if act == PracticeAct.CLOCK:
        _require_within(seconds, -LARGEST_OFFSET, LARGEST_OFFSET)
        return {"do": "clock", "serial": serial, "offset_seconds": seconds}
    if act in (PracticeAct.INSERT, PracticeAct.REMOVE, PracticeAct.HEAL):
        return {"do": act, "serial": serial}
    raise PracticeRefusedError(_("没有这种演练。"))


def _require_within(seconds: float, least: float, most: float) -> None:
    if not least <= seconds <= most:
        raise PracticeRefusedError(_("秒数应在 %(least)d 到 %(most)d 之间。") % {"least": least, "most": most})


def _require_demo() -> None:
    if not settings.HALL_DEMO:
        raise PracticeRefusedError(_("演练只在演示环境提供。"))


def _ask(request: dict[str, Any]) -> Any:
    _require_demo()
    # Another process is asked: nothing may be locked meanwhile.
    forbid_transaction()
    try:
        return ask_control(Path(settings.CARDHOST_SOCKET).parent / CONTROL_NAME, request)
    except ControlError as error:
        raise PracticeRefusedError(_("虚拟设备没有照办：%(why)s") % {"why": error}) from error


def _disk(line: dict[str, Any]) -> PracticeDisk:
    return PracticeDisk(
        serial=line["serial"],
        taxpayer=line["taxpayer"],
        reader=reader_names.spoken(line["slot"] or ""),
        clock=datetime.fromisoformat(line["clock"]),
        offset_seconds=line["clock_offset"],
        fired=tuple(line["fired"]),
    )
