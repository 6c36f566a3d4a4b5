"""Going on with what waited for a disk, as soon as the disk answers."""

from __future__ import annotations

from django.utils import timezone

from devices import tasks
from devices.choices import CommandKind, CommandState
from devices.models import Device, DeviceCommand
from taxhall.common.doorbell import ring

# Why a command waits although nothing is wrong with it: the disk could not be reached.
UNREACHED = (
    "disk.absent",
    "disk.agent_busy",
    "disk.agent_no_space",
    "disk.agent_silent",
    "disk.busy",
    "disk.host_unavailable",
    "disk.identity_failed",
    "disk.not_read",
    "disk.reader_broken",
)


def wake_commands(*, device: Device) -> int:
    """Ring for the orders and acknowledgements that waited for this disk, and return how many."""
    waiting = DeviceCommand.objects.filter(
        device=device,
        kind__in=[CommandKind.ORDER, CommandKind.ACKNOWLEDGE],
        state__in=[CommandState.QUEUED, CommandState.IN_DOUBT],
        error_code__in=UNREACHED,
        next_attempt_at__gt=timezone.now(),
        lease_until__isnull=True,
    )
    found = list(waiting.order_by("created_at", "pk").values_list("pk", flat=True))
    for pk in found:
        # Each by its own row, so that two who wake at once ring once.
        if waiting.filter(pk=pk).update(next_attempt_at=timezone.now()) == 1:
            ring(tasks.carry_out_command, pk)
    return len(found)
