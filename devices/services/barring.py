"""Putting a disk out of use at once: reported lost, or replaced by another.

From the commit on nothing is queued, claimed or sent for it. What may have been sent before is not forgotten:
it stays in doubt until the disk itself or a verified receipt tells.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices import policies
from devices.choices import (
    OUT_OF_USE,
    UNSETTLED_COMMAND_STATES,
    CommandKind,
    CommandState,
    DeviceStatus,
    RequestKind,
)
from devices.errors import CommandConflictError, RequestConflictError
from devices.models import AgentDisk, Device, DeviceRequest
from devices.services.commands import cancel_command
from devices.signals import device_barred
from taxhall.common import clock
from taxhall.common.policies import require

NOT_YOURS = _("您的身份不能为这块税控设备办理申请。")


def report_loss(*, actor: User, device: Device, cause: str, note: str = "") -> DeviceRequest:
    """Report a disk lost or stolen (报失): every clear and issue of it stops with this commit.

    Its certificate is believed no more and its serial cannot be enrolled again; an officer follows up. Reporting
    twice is one report, and lets go again of what still waits.
    Raises: NotPermittedError; RequestConflictError for a disk that was replaced or cancelled.
    """
    require(policies.can_ask_for_device(actor, device), NOT_YOURS)
    request = _bar_lost(actor, device, cause, note)
    let_go(device=request.device)
    return request


@transaction.atomic
def _bar_lost(actor: User, device: Device, cause: str, note: str) -> DeviceRequest:
    locked = Device.objects.select_for_update(of=("self",), no_key=True).select_related("taxpayer").get(pk=device.pk)
    known = DeviceRequest.objects.filter(device=locked, kind=RequestKind.LOSS).waiting().first()
    if known is not None:
        return known
    if locked.status in OUT_OF_USE:
        raise RequestConflictError("disk.barred")
    base = {"unsettled": locked.commands.filter(state__in=UNSETTLED_COMMAND_STATES).count()}
    bar_locked(locked, status=DeviceStatus.LOST, actor=actor, reason=cause)
    request = DeviceRequest.objects.create(
        device=locked, kind=RequestKind.LOSS, cause=cause, note=note, base=base, created_by=actor
    )
    account_services.send_notice(
        taxpayer=locked.taxpayer,
        kind="device",
        title=str(_("税控设备已挂失")),
        body=str(_("设备 %(serial)s 已停止开票和清卡，税务人员会跟进办理。") % {"serial": locked.serial}),
        link=request.get_absolute_url(),
        dedupe_key=f"device-loss:{request.pk}",
    )
    return request


def bar_locked(device: Device, *, status: str, actor: User | None, reason: str) -> None:
    """Put a locked disk out of use, and take it from the PC that holds it."""
    device.status = status
    device.barred_at = clock.now()
    device.frozen_reason = ""
    device.save(update_fields=["status", "barred_at", "frozen_reason", "updated_at"])
    AgentDisk.objects.filter(device=device).update(is_held=False, is_unlocked=False)
    account_services.record_audit_event(
        actor=actor,
        action="devices.device_barred",
        obj=device,
        taxpayer=device.taxpayer,
        data={"status": str(status), "reason": reason},
    )


def let_go(*, device: Device) -> None:
    """Withdraw what waits for a disk that is out of use; what may have been sent is left to be proved.

    Each command in a transaction of its own, after the disk was barred: commands are locked before disks.
    """
    waiting = device.commands.filter(
        kind__in=[CommandKind.ORDER, CommandKind.ACKNOWLEDGE],
        state__in=[CommandState.QUEUED, CommandState.CLAIMED],
        created_at__lte=device.barred_at or clock.now(),
    )
    for command in waiting:
        try:
            cancel_command(actor=None, command=command, reason=str(_("设备已停止使用")))
        except CommandConflictError:
            continue  # sent in this very moment: its outcome is proved by the disk or stays in doubt
    device_barred.send_robust(sender=Device, device=device)


@transaction.atomic
def lift_loss(*, actor: User, device: Device, since: DeviceRequest) -> Device:
    """Take a disk that was found back into use (解除挂失), once it proved itself after the report.

    Raises: RequestConflictError disk.not_found_again.
    """
    locked = Device.objects.select_for_update(of=("self",), no_key=True).select_related("taxpayer").get(pk=device.pk)
    if locked.last_seen_at is None or locked.last_seen_at <= since.created_at:
        raise RequestConflictError("disk.not_found_again")
    locked.status, locked.barred_at = DeviceStatus.ACTIVE, None
    locked.save(update_fields=["status", "barred_at", "updated_at"])
    account_services.record_audit_event(
        actor=actor, action="devices.loss_lifted", obj=locked, taxpayer=locked.taxpayer, data={}
    )
    return locked
