"""What clearcard does on news from below: look again at the cases that may go on."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from clearcard import services
from clearcard.models import ClearCardCase
from devices.models import Device
from devices.protocol.messages import ClearReceipt
from devices.signals import device_barred, disk_ready, evidence_arrived
from filing.models import TaxReturn
from filing.signals import measure_changed, payment_received, payment_refunded, return_accepted, return_voided


@receiver((return_accepted, return_voided, payment_refunded), dispatch_uid="clearcard.take_back")
def take_back(*, tax_return: TaxReturn, **_: Any) -> None:
    """Take back approvals over a return voided, corrected or paid back; carrying them out looks again."""
    services.take_back_approvals(taxpayer_id=tax_return.taxpayer_id)


@receiver((return_accepted, payment_received), dispatch_uid="clearcard.look_again")
def look_again(*, tax_return: TaxReturn, **_: Any) -> None:
    """Hand in what waited for it and ring for the unfinished cases; the sweeper repairs a missed signal."""
    services.carry_out_hand_ins(taxpayer_id=tax_return.taxpayer_id)
    services.ring_waiting_cases(taxpayer_id=tax_return.taxpayer_id)


@receiver(measure_changed, dispatch_uid="clearcard.compare_waiting")
def compare_waiting(**_: Any) -> None:
    """Have what waits compared anew after a measure about a rule; the schedule repairs a missed signal."""
    services.ring_to_compare()


@receiver(disk_ready, dispatch_uid="clearcard.go_on")
def go_on(*, device: Device, is_unlocked: bool, **_: Any) -> None:
    """Go on with the cases that waited for this disk; the sweeper repairs a missed signal."""
    services.wake_cases(device_id=device.pk, is_unlocked=is_unlocked)


@receiver(evidence_arrived, dispatch_uid="clearcard.accept_receipt")
def accept_receipt(*, message: object, **_: Any) -> ClearCardCase | None:
    """Complete a case by a receipt that came late, and return it; reading the disk repairs a missed one."""
    return services.accept_receipt(receipt=message) if isinstance(message, ClearReceipt) else None


@receiver(device_barred, dispatch_uid="clearcard.hand_to_officer")
def hand_to_officer(*, device: Device, **_: Any) -> None:
    """Give the handed-in case of a disk out of use to a person and close one begun; a doubt stays until proved."""
    services.close_unsent(device=device)
    services.hand_to_officer(device=device)
