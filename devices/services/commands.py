"""The outbox of commands: queue, lease with fencing, and how each ends.

Leases use the wall clock (`timezone.now`), never the business clock: moving the demo day must not
hand a command to a second carrier.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices.choices import (
    LIVE_COMMAND_STATES,
    OUT_OF_USE,
    SIGNED_KINDS,
    CommandKind,
    CommandState,
    OrderAction,
)
from devices.errors import CommandConflictError, DeviceUnusableError, LeaseLostError
from devices.models import Device, DeviceCommand
from devices.querysets import DeviceCommandQuerySet
from devices.rules import leases
from devices.rules.tokens import why_unusable
from taxhall.common.errors import TaxhallError
from taxhall.common.prepared import Prepared, Slot, insert, update

_BY_KEY: Prepared[DeviceCommand] = Prepared(lambda: DeviceCommand.objects.filter(key=Slot("key")))
_LOCKED: Prepared[DeviceCommand] = Prepared(lambda: DeviceCommand.objects.select_for_update().filter(pk=Slot("pk")))


def _due() -> DeviceCommandQuerySet:
    return DeviceCommand.objects.claimable(Slot("moment")).filter(pk=Slot("pk"))


_DUE: Prepared[DeviceCommand] = Prepared(lambda: _due().select_for_update(skip_locked=True))
_STATUS_OF_DUE: Prepared[tuple[str]] = Prepared(
    lambda: Device.objects.select_for_update(no_key=True).filter(pk__in=_due().values("device")).values_list("status")
)


def _in_the_way(kind: str) -> QuerySet[DeviceCommand, Any]:
    states, only_clears = leases.states_that_block(kind)
    others = DeviceCommand.objects.filter(device=Slot("device"), state__in=states).exclude(pk=Slot("pk"))
    # A disk gathers commands for years: what runs now is found by an index of its own, for clears a unique one.
    return (others.filter(kind=CommandKind.CLEAR) if only_clears else others).order_by().values_list("pk")[:1]


_IN_THE_WAY: dict[str, Prepared[tuple[uuid.UUID]]] = {
    kind: Prepared(partial(_in_the_way, kind)) for kind in CommandKind.values
}


@dataclass(frozen=True)
class Lease:
    """The right to act on one command until `lease_until`; a later claim has a higher number."""

    command: DeviceCommand
    fencing: int
    state: str

    @property
    def command_id(self) -> uuid.UUID:
        """The command that is held."""
        return self.command.pk

    @property
    def must_read_first(self) -> bool:
        """Whether bytes may already have been sent, so that only reading is allowed."""
        return self.state == CommandState.IN_DOUBT


@transaction.atomic
def queue_command(*, actor: User | None, device: Device, kind: str, key: str, payload: dict[str, Any]) -> DeviceCommand:
    """Write what must be done with a disk, once per business key, in the caller's transaction.

    Rule: one live clear per disk (trust.md I6); a frozen, lost or cancelled disk gets none of any kind.
    Raises: CommandConflictError when the key was used for something else or a clear is under way;
    DeviceUnusableError.
    """
    locked = Device.objects.select_for_update(no_key=True).only("status", "taxpayer").get(pk=device.pk)
    return queue_on_locked(actor=actor, device=locked, kind=kind, key=key, payload=payload)


def queue_on_locked(
    *, actor: User | None, device: Device, kind: str, key: str, payload: dict[str, Any]
) -> DeviceCommand:
    """Do the same for a disk that the caller has just read under its lock, in the same transaction.

    Raises: CommandConflictError; DeviceUnusableError.
    """
    known = _BY_KEY.first(key=key)
    if known is not None:
        return _same_command(known, device=device, kind=kind, payload=payload)
    if code := why_unusable(device.status, ends_disk=_ends_disk(kind, payload)):
        raise DeviceUnusableError(code)
    if kind == CommandKind.CLEAR and _live_clear(device) is not None:
        raise CommandConflictError(
            _("这块设备还有一条清卡指令没有结束，不能再发一条。"), next_step=_("请等上一条有了结果再办理。")
        )
    command = DeviceCommand(
        device=device, kind=kind, key=key, payload=payload, created_by=actor, next_attempt_at=timezone.now()
    )
    insert(command)
    _audit(command, action="devices.command_queued", actor=actor, data={"kind": kind, "key": key})
    return command


def _ends_disk(kind: str, payload: dict[str, Any]) -> bool:
    return kind == CommandKind.ORDER and payload.get("action") == OrderAction.DISABLE


def _same_command(known: DeviceCommand, *, device: Device, kind: str, payload: dict[str, Any]) -> DeviceCommand:
    if known.device_id != device.pk or known.kind != kind or known.payload != payload:
        raise CommandConflictError(_("同一业务键已用于另一条指令。"))
    return known


def _live_clear(device: Device) -> DeviceCommand | None:
    return DeviceCommand.objects.filter(device=device, kind=CommandKind.CLEAR, state__in=LIVE_COMMAND_STATES).first()


@transaction.atomic
def claim_command(*, command_id: uuid.UUID | str, lease_seconds: int | None = None) -> Lease | None:
    """Take the command, or answer None when it is not due, held by another, or ended.

    A command left in `sending` by a carrier that vanished comes back as `in_doubt`: bytes may have been
    sent (trust.md R-10). While a clear of the disk may be running, no other command of it is given out, and
    orders of a disk are given out one after another, in the order they were written.
    """
    return _claim(command_id, lease_seconds)


@transaction.atomic
def claim_to_send(*, command_id: uuid.UUID | str, lease_seconds: int | None = None) -> Lease | None:
    """Take the command and, unless it must be read first, note that sending begins: one commit for both.

    For commands that are sent as they are; a clear is read, compared and signed between the two.
    Raises: CommandConflictError.
    """
    lease = _claim(command_id, lease_seconds)
    if lease is not None and not lease.must_read_first:
        _begin_sending(lease.command, lease.fencing)
    return lease


def _claim(command_id: uuid.UUID | str, lease_seconds: int | None) -> Lease | None:
    moment = timezone.now()
    # The disk first, as whoever records what it did locks it: a claim that waits for the disk must hold no command.
    # It also serialises claims of one disk, so that two of them cannot miss each other.
    status = _STATUS_OF_DUE.first(moment=moment, pk=command_id)
    command = _DUE.first(moment=moment, pk=command_id) if status else None
    if status is None or command is None or _is_blocked(command, *status):
        return None
    leases.take(command, moment=moment, seconds=lease_seconds or settings.HALL_LEASE_SECONDS)
    update(command, ["state", "fencing", "attempts", "lease_until"])
    return Lease(command, command.fencing, command.state)


def _is_blocked(command: DeviceCommand, status: str) -> bool:
    # What is sent as it is stops here; what must be signed first stops there, and is told why.
    if command.kind not in SIGNED_KINDS and _is_barred(command, status):
        return True
    if _IN_THE_WAY[command.kind].has_rows(device=command.device_id, pk=command.pk):
        return True
    return command.kind == CommandKind.ORDER and DeviceCommand.objects.live_orders_before(command).exists()


def _is_barred(command: DeviceCommand, status: str) -> bool:
    """Nothing more is sent to a disk that is out of use; what may have been sent is still looked up."""
    if status not in OUT_OF_USE or command.state in (CommandState.SENDING, CommandState.IN_DOUBT):
        return False
    return bool(why_unusable(status, ends_disk=_ends_disk(command.kind, command.payload)))


@transaction.atomic
def hasten_command(*, command: DeviceCommand) -> bool:
    """Make a waiting command due now, because its disk is ready; tell whether it was waiting."""
    waiting = DeviceCommand.objects.filter(
        pk=command.pk, state__in=[CommandState.QUEUED, CommandState.IN_DOUBT], lease_until__isnull=True
    )
    return waiting.update(next_attempt_at=timezone.now()) == 1


@transaction.atomic
def renew_lease(*, lease: Lease, lease_seconds: int = 60) -> None:
    """Hold the command longer. Raises: LeaseLostError."""
    command = _held(lease)
    command.lease_until = timezone.now() + timedelta(seconds=lease_seconds)
    command.save(update_fields=["lease_until"])


def mark_sending(*, lease: Lease) -> DeviceCommand:
    """Note, in the caller's transaction and before the first byte leaves, that the disk may change from now on.

    Rule: what the authority signs needs its signed form on the row; only the newest lease may send (trust.md R-14).
    A disk that was reported lost since the claim gets nothing.
    Raises: LeaseLostError; CommandConflictError.
    """
    command = lock_command(lease.command_id)
    (status,) = Device.objects.values_list("status").get(pk=command.device_id)
    if _is_barred(command, status):
        raise LeaseLostError(_("设备已停止使用，没有发送。"))
    return _begin_sending(command, lease.fencing)


def _begin_sending(command: DeviceCommand, fencing: int) -> DeviceCommand:
    leases.begin_sending(command, fencing=fencing, moment=timezone.now())
    update(command, ["state", "sent_at"])
    return command


def finish_command(
    *, lease: Lease | None = None, command: DeviceCommand | None = None, answer: dict[str, Any] | None = None
) -> DeviceCommand:
    """Record the disk's own verified answer; evidence is accepted from a late carrier too.

    Pass the lease, or, with proof in hand, the command. Finishing twice changes nothing.
    Raises: LeaseLostError; CommandConflictError for a command that was cancelled.
    """
    return _end(lease, command, CommandState.DONE, answer=answer)


def finish_locked_command(*, command: DeviceCommand, device: Device, answer: dict[str, Any]) -> DeviceCommand:
    """Do the same for a command that the caller has just read under its lock, in the same transaction.

    Raises: CommandConflictError for a command that was cancelled.
    """
    # Known to the caller; looked up again it would be one more statement.
    command.device = device
    return _close(command, CommandState.DONE, answer=answer)


def refuse_command(
    *, lease: Lease | None = None, command: DeviceCommand | None = None, error: TaxhallError
) -> DeviceCommand:
    """Record that the disk said no and nothing changed. Raises: LeaseLostError; CommandConflictError."""
    return _end(lease, command, CommandState.REFUSED, error=error)


def requeue_command(
    *,
    lease: Lease | None = None,
    command: DeviceCommand | None = None,
    error: TaxhallError | None = None,
    delay: timedelta | int = 0,
) -> DeviceCommand:
    """Put the command back, to be tried after `delay`; only when it is certain that it never ran.

    Raises: LeaseLostError; CommandConflictError.
    """
    return _end(lease, command, CommandState.QUEUED, error=error, delay=delay)


def doubt_command(
    *,
    lease: Lease | None = None,
    command: DeviceCommand | None = None,
    error: TaxhallError,
    delay: timedelta | int = 0,
) -> DeviceCommand:
    """Record that nobody knows whether the disk acted; the lease is given back for the reconciler.

    Raises: LeaseLostError; CommandConflictError.
    """
    return _end(lease, command, CommandState.IN_DOUBT, error=error, delay=delay)


def escalate_command(
    *, lease: Lease | None = None, command: DeviceCommand | None = None, error: TaxhallError
) -> DeviceCommand:
    """Hand the command to a person. Raises: LeaseLostError; CommandConflictError."""
    return _end(lease, command, CommandState.MANUAL, error=error)


@transaction.atomic
def cancel_command(*, actor: User | None, command: DeviceCommand, reason: str = "") -> DeviceCommand:
    """Withdraw a command of which nothing was sent; `actor` None is the hall itself.

    Raises: CommandConflictError once sending began.
    """
    locked = lock_command(command.pk)
    if locked.state == CommandState.CANCELLED:
        return locked
    if locked.state not in (CommandState.QUEUED, CommandState.CLAIMED, CommandState.REFUSED):
        raise CommandConflictError(_("指令可能已经发送，不能取消；须先读卡核实。"))
    locked.state = CommandState.CANCELLED
    # Whoever still holds it has lost the right to send.
    locked.fencing += 1
    locked.lease_until = None
    locked.error_text = reason
    locked.finished_at = timezone.now()
    locked.save(update_fields=["state", "fencing", "lease_until", "error_text", "finished_at"])
    _audit(locked, action="devices.command_cancelled", actor=actor, data={"reason": reason})
    return locked


@transaction.atomic
def _end(
    lease: Lease | None,
    command: DeviceCommand | None,
    target: str,
    *,
    answer: dict[str, Any] | None = None,
    error: TaxhallError | None = None,
    delay: timedelta | int = 0,
) -> DeviceCommand:
    row = _held(lease) if lease is not None else _locked(command)
    return _close(row, target, answer=answer, error=error, delay=delay)


def _close(
    row: DeviceCommand,
    target: str,
    *,
    answer: dict[str, Any] | None = None,
    error: TaxhallError | None = None,
    delay: timedelta | int = 0,
) -> DeviceCommand:
    if leases.is_repeat(row, target):
        return row
    wait = delay if isinstance(delay, timedelta) else timedelta(seconds=delay)
    leases.end(row, target, moment=timezone.now(), wait=wait, answer=answer, error=error)
    update(row, _ENDING)
    _audit(row, action=f"devices.command_{target}", actor=None, data={"error": row.error_code})
    return row


_ENDING = (
    "state",
    "answer",
    "error_code",
    "error_text",
    "lease_until",
    "next_attempt_at",
    "finished_at",
    "sent_at",
)


def _held(lease: Lease) -> DeviceCommand:
    row = lock_command(lease.command_id)
    leases.require_held(row, lease.fencing)
    return row


def _locked(command: DeviceCommand | None) -> DeviceCommand:
    if command is None:
        raise TypeError("pass either the lease or the command")
    return lock_command(command.pk)


def lock_command(pk: uuid.UUID) -> DeviceCommand:
    """Lock a command and return it as it is now. Raises: DeviceCommand.DoesNotExist."""
    return _LOCKED.get(pk=pk)


def _audit(command: DeviceCommand, *, action: str, actor: User | None, data: dict[str, Any]) -> None:
    if DeviceCommand.device.is_cached(command):
        owner = command.device.taxpayer_id
    else:
        owner = Device.objects.values_list("taxpayer_id", flat=True).get(pk=command.device_id)
    account_services.record_audit_event(actor=actor, action=action, obj=command, taxpayer_id=owner, data=data)
