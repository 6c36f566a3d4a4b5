"""Looking at disks: one on request, all that are plugged in by the sweeper."""

from __future__ import annotations

import logging

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from devices import policies, tasks
from devices.choices import CommandKind, CommandState, DeviceStatus
from devices.errors import DiskError
from devices.gateway.client import HostUnavailableError
from devices.models import AgentDisk, Device
from devices.protocol.messages import ClearReceipt
from devices.services.agents.carrier import is_heard
from devices.services.cards import read_card
from devices.services.host import card_host
from devices.services.records import command_reference, record_reading
from devices.services.signed_words import hand_over
from devices.services.uploads import acknowledge_upload
from devices.services.waking import wake_commands
from devices.signals import disk_ready
from taxhall.common.doorbell import ring
from taxhall.common.policies import require

logger = logging.getLogger(__name__)


def read_device(*, actor: User | None, device: Device) -> Device:
    """Read the disk (读卡) and keep what it said; `actor` None is the hall itself.

    Raises: NotPermittedError; the errors of `devices.services.host.visit`.
    """
    if actor is not None:
        require(policies.can_view_device(actor, device), _("您没有查看这块税控设备的权限。"))
    reading = read_card(device=device)
    read = record_reading(device=device, reading=reading)
    if read.status == DeviceStatus.FROZEN and reading.last_receipt is not None:
        read = _explain(read, reading.last_receipt)
    disk_ready.send_robust(sender=Device, device=read, is_unlocked=False)
    wake_commands(device=read)
    return read


def _explain(device: Device, receipt: ClearReceipt) -> Device:
    """Bring forward the receipt of a command that was told as refused, and return the device afresh.

    Everything else that is ahead of the ledger is settled by whoever carries out the command.
    """
    refused = device.commands.filter(kind=CommandKind.CLEAR, state=CommandState.REFUSED)
    if receipt.command_id not in {command_reference(command) for command in refused}:
        return device
    hand_over(device, receipt, actor=None)
    return Device.objects.select_related("taxpayer").get(pk=device.pk)


def sweep_readings() -> int:
    """Read every enrolled disk that sits in a reader; return how many were read.

    A disk with records that the hall holds is told so. One that fails is logged and keeps no other waiting.
    """
    try:
        state = card_host().status()
    except HostUnavailableError as error:
        logger.warning("card host did not answer the sweep: %s", error)
        return 0
    present = [reader["serial"] for reader in state.get("readers", ()) if reader.get("serial")]
    return sum(tend_device(device=device) for device in Device.objects.in_use().filter(serial__in=present))


def tend_device(*, device: Device) -> bool:
    """Read a disk and have it told what of its records the hall holds; say whether it was read."""
    try:
        read = read_device(actor=None, device=device)
        if read.status == DeviceStatus.ACTIVE and read.uploaded_through < read.sign_counter:
            acknowledge_upload(device=read)
    except DiskError as error:
        logger.warning("device %s not read: %s", device.serial, error.code)
        return False
    return True


def sweep_agent_disks() -> int:
    """Ring for the disks at taxpayers' PCs that have something to acknowledge; return how many.

    Each is a task of its own: a PC that answers slowly keeps nobody else's disk waiting.
    """
    held = AgentDisk.objects.filter(
        is_held=True,
        device__status=DeviceStatus.ACTIVE,
        device__uploaded_through__lt=F("device__sign_counter"),
    )
    serials = [place.device.serial for place in held.select_related("agent", "device") if is_heard(place)]
    for serial in serials:
        ring(tasks.tend_device, serial)
    return len(serials)
