"""Which records of a disk the hall holds, and the outbox row that has the disk told so (上传回执).

The hall is where invoices are uploaded to: a record that came back with an issue or a void is uploaded. What
a disk signed elsewhere has to be handed in before it counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from devices import tasks
from devices.choices import LIVE_COMMAND_STATES, CommandKind, CommandState
from devices.models import Device, DeviceCommand
from devices.protocol.messages import DiskStatus
from devices.services.commands import queue_on_locked
from taxhall.common.doorbell import ring_on_commit


@dataclass(frozen=True)
class HeldRange:
    """Records of a disk without a gap, both ends included, and the digest of the last one."""

    first: int
    last: int
    digest: str


def held_range(device: Device, *, after: int, through: int | None = None) -> HeldRange | None:
    """Return the unbroken run of records that the hall holds behind a counter, or None.

    Rule: counters follow each other and each record names the digest of the one before it.
    """
    held = device.commands.filter(
        kind__in=[CommandKind.ISSUE, CommandKind.VOID], state=CommandState.DONE, answer__counter__gt=after
    )
    last, digest = after, ""
    for command in held.order_by("answer__counter").iterator():
        answer = command.answer or {}
        follows = answer["counter"] == last + 1 and (not digest or answer["previous_digest"] == digest)
        if not follows or (through is not None and last >= through):
            break
        last, digest = answer["counter"], answer["digest"]
    return HeldRange(after + 1, last, digest) if last > after else None


def holds_all_signed_since(*, command: DeviceCommand, status: DiskStatus) -> bool:
    """Say whether the hall holds every signature the disk counts since a command was sent: then it made none for it.

    The disk's counter only grows and each record names its own place, so that one that is missing shows.
    """
    done = command.device.commands.filter(
        kind__in=[CommandKind.ISSUE, CommandKind.VOID], state=CommandState.DONE, finished_at__lte=command.sent_at
    )
    known = done.order_by("-answer__counter").values_list("answer__counter", flat=True).first() or 0
    if status.sign_counter == known:
        return True
    held = held_range(command.device, after=known, through=status.sign_counter)
    return held is not None and held.last == status.sign_counter


@transaction.atomic
def acknowledge_upload(*, device: Device) -> DeviceCommand | None:
    """Have the disk told which of its records the hall holds, which frees its offline ceilings.

    Returns None when there is nothing to tell; an acknowledgement that is under way is returned as it is.
    Raises: DeviceUnusableError for a disk that is frozen, lost or cancelled.
    """
    locked = Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    live = locked.commands.filter(kind=CommandKind.ACKNOWLEDGE, state__in=LIVE_COMMAND_STATES).first()
    if live is not None:
        return live
    held = held_range(locked, after=locked.uploaded_through)
    if held is None:
        return None
    command = queue_on_locked(
        actor=None,
        device=locked,
        kind=CommandKind.ACKNOWLEDGE,
        key=f"upload:{locked.serial}:{held.first}-{held.last}",
        payload={"first": held.first, "last": held.last, "digest": held.digest},
    )
    ring_on_commit(tasks.carry_out_command, command.pk)
    return command
