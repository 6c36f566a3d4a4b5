"""What invoicing does on news from below: take what a disk signed and a late carrier brought."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from devices.models import Device
from devices.protocol.messages import SignedInvoice, SignedVoid
from devices.signals import evidence_arrived
from invoicing import services


@receiver(evidence_arrived, dispatch_uid="invoicing.accept_signed")
def accept_signed(*, device: Device, message: object, **_: Any) -> None:
    """Record an invoice or its voiding that came late; reading the disk repairs a missed one."""
    if isinstance(message, SignedInvoice | SignedVoid):
        services.accept_signed(device=device, signed=message)
