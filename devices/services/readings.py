"""Looking at disks: one on request, all that are plugged in by the sweeper."""

from __future__ import annotations

import logging

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from devices import policies
from devices.choices import DeviceStatus
from devices.errors import DiskError
from devices.gateway.client import HostUnavailableError
from devices.models import Device
from devices.services.cards import read_card
from devices.services.host import card_host
from devices.services.records import record_reading
from devices.services.uploads import acknowledge_upload
from devices.services.waking import wake_commands
from devices.signals import disk_ready
from taxhall.common.policies import require

logger = logging.getLogger(__name__)


def read_device(*, actor: User | None, device: Device) -> Device:
    """Read the disk (读卡) and keep what it said; `actor` None is the hall itself.

    Raises: NotPermittedError; the errors of `devices.services.host.visit`.
    """
    if actor is not None:
        require(policies.can_view_device(actor, device), _("您没有查看这块税控设备的权限。"))
    read = record_reading(device=device, reading=read_card(device=device))
    disk_ready.send_robust(sender=Device, device=read, is_unlocked=False)
    wake_commands(device=read)
    return read


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
    count = 0
    for device in Device.objects.in_use().filter(serial__in=present):
        try:
            read = read_device(actor=None, device=device)
            if read.status == DeviceStatus.ACTIVE and read.uploaded_through < read.sign_counter:
                acknowledge_upload(device=read)
        except DiskError as error:
            logger.warning("device %s not read: %s", device.serial, error.code)
        else:
            count += 1
    return count
