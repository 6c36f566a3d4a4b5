"""What disks said becomes rows: readings, reports and receipts, each verified and each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from accounts.models import User
from devices import tasks
from devices.choices import DeviceStatus
from devices.errors import WrongCardError
from devices.models import (
    ClearReceiptRecord,
    Device,
    DeviceAuthorisation,
    DeviceCommand,
    DeviceReading,
    DeviceReport,
)
from devices.protocol.constants import GROUP_OF_KIND, MAIN_GROUP
from devices.protocol.messages import (
    ClearReceipt,
    DiskIdentity,
    DiskReport,
    DiskStatus,
    GroupStatus,
    OrderReceipt,
    SignedInvoice,
    SignedVoid,
)
from devices.rules import receipts
from devices.rules.receipts import Agreement
from devices.selectors.disks import main_group_of
from devices.services.carriage import carriage_of
from devices.services.commands import finish_locked_command, lock_command
from devices.services.evidence import require_signed_by
from devices.services.stock import advance_stock
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.prepared import Prepared, Slot, update

_LOCKED: Prepared[Device] = Prepared(lambda: Device.objects.select_for_update(no_key=True).filter(pk=Slot("pk")))


@dataclass(frozen=True)
class CardReading:
    """One look at a disk that proved who it is."""

    identity: DiskIdentity
    status: DiskStatus
    last_receipt: ClearReceipt | None
    taken_at: datetime
    # The ledger's clear counter when the look was asked for.
    known_before: int
    reader: str = ""
    # Whether the disk can tell its last receipt at all.
    has_read_back: bool = True
    # Whether the hall's own reader carried it; a PC of others vouches for nothing.
    is_ours: bool = True


@dataclass(frozen=True)
class OrderReading:
    """One look at a disk for the sake of its orders."""

    identity: DiskIdentity
    status: DiskStatus
    last_order: OrderReceipt | None
    taken_at: datetime
    # The ledger's clear counter when the look was asked for.
    known_before: int
    reader: str = ""
    has_read_back: bool = True


@transaction.atomic
def record_reading(*, device: Device, reading: CardReading | OrderReading) -> Device:
    """Keep a look at the disk and refresh the copies of what it says of itself.

    The window moves only by a receipt (trust.md I8). A clear counter that the ledger cannot explain
    freezes the disk until its receipt has been read back and verified (trust.md R-20).
    Raises: WrongCardError when the reading is of another disk.
    """
    locked = _LOCKED.get(pk=device.pk)
    status = reading.status
    if status.serial != locked.serial:
        raise WrongCardError
    DeviceReading.objects.create(
        device=locked, taken_at=reading.taken_at, reader=reading.reader, status=status.to_json()
    )
    _copy_status(locked, status, taken_at=reading.taken_at)
    group = main_group(status)
    agreement = _compare(locked, reading)
    if agreement is Agreement.SAME:
        if group is not None:
            _copy_group(locked, group)
        # Without read-back a counter that stands still settles nothing: the disk stays frozen until a person does.
        if reading.has_read_back:
            _thaw(locked)
    elif agreement is Agreement.UNEXPLAINED:
        _freeze(
            locked,
            _("盘上清卡次数为 %(disk)d，大厅记录为 %(hall)d")
            % {"disk": status.clear_counter, "hall": locked.clear_counter},
        )
    if status.is_disabled and locked.status != DeviceStatus.CANCELLED:
        _audit(locked, "devices.device_found_cancelled", data={"order_counter": status.order_counter})
        locked.status = DeviceStatus.CANCELLED
    locked.save(update_fields=_READ)
    _copy_authorisations(locked, status)
    return locked


# What a look at the disk may change; its certificate and window are not among it.
_READ = (
    "machine_number",
    "certificate_not_after",
    "pin_tries",
    "clock_drift_seconds",
    "sign_counter",
    "report_counter",
    "order_counter",
    "uploaded_through",
    "last_seen_at",
    "is_reported",
    "last_reported_at",
    "offline_count",
    "offline_amount",
    "offline_count_limit",
    "offline_amount_limit",
    "offline_hours_limit",
    "offline_since",
    "status",
    "frozen_reason",
    "updated_at",
)


def main_group(status: DiskStatus) -> GroupStatus | None:
    """Return the group the device row copies: 专票 and 普票, else the first the disk has."""
    groups = {group.group: group for group in status.groups}
    return groups.get(MAIN_GROUP) or next(iter(status.groups), None)


def _copy_status(device: Device, status: DiskStatus, *, taken_at: datetime) -> None:
    device.machine_number = status.machine_number
    device.certificate_not_after = timezone.localdate(status.certificate_not_after)
    device.pin_tries = status.pin_tries
    device.clock_drift_seconds = round((status.clock - taken_at).total_seconds())
    device.sign_counter = max(device.sign_counter, status.sign_counter)
    device.report_counter = max(device.report_counter, status.report_counter)
    device.order_counter = max(device.order_counter, status.order_counter)
    device.uploaded_through = max(device.uploaded_through, status.uploaded_through)
    device.last_seen_at = taken_at


def _copy_group(device: Device, group: GroupStatus) -> None:
    device.is_reported = group.is_reported
    device.last_reported_at = group.last_report_at
    device.offline_count = group.offline.count
    device.offline_amount = group.offline.amount
    device.offline_count_limit = group.offline.count_limit
    device.offline_amount_limit = group.offline.amount_limit
    device.offline_hours_limit = group.offline.hours_limit
    device.offline_since = group.offline.oldest_at


def _copy_authorisations(device: Device, status: DiskStatus) -> None:
    # The device row is locked, so nobody else writes them; most looks find nothing new.
    known = {row.invoice_kind: row for row in device.authorisations.all()}
    for item in (item for group in status.groups for item in group.authorisations):
        row = known.pop(item.kind, None) or DeviceAuthorisation(device=device, invoice_kind=item.kind)
        told = {
            "limit_amount": item.limit,
            "rates": list(item.rates),
            "segment_code": item.code,
            "next_number": item.next_number,
            "end_number": item.end_number,
            "later_segments": [segment.to_json() for segment in item.later],
        }
        if row.pk is None or any(getattr(row, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(row, name, value)
            row.save()
    if known:
        device.authorisations.filter(invoice_kind__in=known).delete()


def _compare(device: Device, reading: CardReading | OrderReading) -> Agreement:
    if reading.status.clear_counter == device.clear_counter:
        return Agreement.SAME  # most looks: nothing has to be looked up
    live = DeviceCommand.objects.filter(device=device).live_clears()
    return receipts.compare_counter(
        device,
        reading.status.clear_counter,
        known_before=reading.known_before,
        live_states=list(live.values_list("state", flat=True)),
    )


def _freeze(device: Device, reason: str, *, actor: User | None = None) -> None:
    if device.status != DeviceStatus.ACTIVE:
        return
    device.status = DeviceStatus.FROZEN
    device.frozen_reason = str(reason)
    _audit(device, "devices.device_frozen", actor=actor, data={"reason": str(reason)})


def _thaw(device: Device, *, actor: User | None = None, reason: str = "") -> None:
    if device.status != DeviceStatus.FROZEN:
        return
    device.status = DeviceStatus.ACTIVE
    device.frozen_reason = ""
    data = {"clear_counter": device.clear_counter, "reason": reason}
    _audit(device, "devices.device_unfrozen", actor=actor, data=data)


@transaction.atomic
def freeze_device(*, actor: User | None, device: Device, reason: str) -> Device:
    """Stop clearing a disk until its receipts agree with the ledger; `actor` None is the hall itself."""
    locked = _LOCKED.get(pk=device.pk)
    _freeze(locked, reason, actor=actor)
    locked.save(update_fields=["status", "frozen_reason", "updated_at"])
    return locked


@transaction.atomic
def unfreeze_device(*, actor: User | None, device: Device, reason: str) -> Device:
    """Let a frozen disk be cleared again, once its receipts have been verified."""
    locked = _LOCKED.get(pk=device.pk)
    _thaw(locked, actor=actor, reason=reason)
    locked.save(update_fields=["status", "frozen_reason", "updated_at"])
    return locked


def record_signed(
    *, device: Device, signed: SignedInvoice | SignedVoid, command: DeviceCommand | None = None
) -> Device:
    """Move the copies of stock, counter and offline use on by one signed record, in the caller's transaction.

    Once per record: one that a reading has already covered (its counter is not ahead) changes nothing. The command
    that it answers ends with it. Lock order: command, device.
    Raises: BadSignatureError; WrongCardError; CommandConflictError for a command that was cancelled.
    """
    row = None if command is None else lock_command(command.pk)
    locked = _LOCKED.get(pk=device.pk)
    require_signed_by(locked, signed)
    if signed.serial != locked.serial:
        raise WrongCardError
    if row is not None:
        finish_locked_command(command=row, device=locked, answer=signed.to_json())
    if signed.counter <= locked.sign_counter:
        return locked
    locked.sign_counter = signed.counter
    if isinstance(signed, SignedInvoice):
        _count_offline(locked, signed)
        advance_stock(locked, signed)
    update(locked, ["sign_counter", "offline_count", "offline_amount", "offline_since", "updated_at"])
    return locked


def _count_offline(device: Device, signed: SignedInvoice) -> None:
    """Move on the row's copy of the main group; an invoice of another group uses up the ceilings of that one."""
    group = GROUP_OF_KIND[signed.kind]
    if group != MAIN_GROUP and group != main_group_of(device):
        return
    if _reaches_half(device, signed.amount):
        # Long before the disk refuses; a rush of invoices would not wait for the next sweep.
        ring_on_commit(tasks.tend_device, device.serial)
    device.offline_count += 1
    device.offline_amount += abs(signed.amount)
    device.offline_since = device.offline_since or signed.issued_at


def _reaches_half(device: Device, amount: Decimal) -> bool:
    """Say whether one invoice more takes the disk over half of what it may issue before the next upload."""
    uses = (
        (device.offline_count, 1, device.offline_count_limit),
        (device.offline_amount, abs(amount), device.offline_amount_limit),
    )
    return any(used * 2 < limit <= (used + more) * 2 for used, more, limit in uses)


@transaction.atomic
def record_report(*, actor: User | None, device: Device, report: DiskReport) -> DeviceReport:
    """Keep a report (抄税) of the disk; the same report again is the same row.

    Raises: BadSignatureError; WrongCardError.
    """
    locked = _LOCKED.get(pk=device.pk)
    require_signed_by(locked, report)
    if (report.serial, report.taxpayer_number) != (locked.serial, locked.taxpayer.number):
        raise WrongCardError
    known = DeviceReport.objects.filter(digest=report.digest).first()
    if known is not None:
        return known
    row = DeviceReport.objects.create(
        device=locked,
        group=report.group,
        period_start=report.period_start,
        period_end=report.period_end,
        report_counter=report.report_counter,
        digest=report.digest,
        rows=[item.to_json() for item in report.rows],
        message=report.to_json(),
    )
    is_current = (report.period_start, report.period_end) == (locked.period_start, locked.period_end)
    if is_current and report.group == main_group_of(locked):
        locked.is_reported = True
        locked.last_reported_at = report.closed_at
    locked.report_counter = max(locked.report_counter, report.report_counter)
    locked.save()
    data = {"period": row.period.code, "group": row.group, "digest": row.digest, "counter": row.report_counter}
    _audit(locked, "devices.report_recorded", actor=actor, data=data)
    return row


def record_clear(*, device: Device, command: DeviceCommand, receipt: ClearReceipt) -> ClearReceiptRecord:
    """Record a clear by the disk's own signed receipt and move its window, in the caller's transaction; once each.

    Rule: the receipt verifies with the enrolled key, names this command and this disk, and goes from
    counter n to n+1 (trust.md I1, I2). A late receipt is as good as a prompt one: the disk is the truth.
    Raises: BadSignatureError; CommandConflictError when it does not belong to the command.
    """
    locked = _LOCKED.get(pk=device.pk)
    row = lock_command(command.pk)
    require_signed_by(locked, receipt)
    known = ClearReceiptRecord.objects.filter(digest=receipt.digest).first()
    if known is not None:
        return known
    receipts.require_belongs(locked, row, receipt)
    record = _create_receipt(locked, row, receipt)
    _move_window(locked, receipt)
    finish_locked_command(command=row, device=locked, answer=receipt.to_json())
    data = {"command": str(row.pk), "digest": receipt.digest, "counter": receipt.clear_counter_after}
    _audit(locked, "devices.clear_recorded", data=data | {"carrier": record.carrier, "pc": record.carrier_name})
    return record


def command_reference(command: DeviceCommand) -> str:
    """Return the command's id as the disk writes it into its receipt."""
    return str(command.pk)


def _create_receipt(device: Device, command: DeviceCommand, receipt: ClearReceipt) -> ClearReceiptRecord:
    # Before the command ends: the way it was sent is told by the rows as they were then.
    carriage = carriage_of(command)
    return ClearReceiptRecord.objects.create(
        device=device,
        command=command,
        group=receipt.group,
        period_start=receipt.period_start,
        period_end=receipt.period_end,
        digest=receipt.digest,
        clear_counter_before=receipt.clear_counter_before,
        clear_counter_after=receipt.clear_counter_after,
        new_period_start=receipt.new_period_start,
        new_period_end=receipt.new_period_end,
        new_cut_off=receipt.new_cut_off,
        cleared_at=receipt.cleared_at,
        carrier=carriage.kind,
        carrier_name=carriage.name,
        message=receipt.to_json(),
    )


def _move_window(device: Device, receipt: ClearReceipt) -> None:
    receipts.move_window(device, receipt, is_main=receipt.group == main_group_of(device))
    _thaw(device)
    device.save()


def _audit(device: Device, action: str, *, actor: User | None = None, data: dict[str, Any]) -> None:
    account_services.record_audit_event(
        actor=actor, action=action, obj=device, taxpayer_id=device.taxpayer_id, data=data
    )
