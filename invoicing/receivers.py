"""What invoicing does on news from below: go on when a disk answers, take what a late carrier brought."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.models import FileScan
from accounts.signals import file_scanned
from devices.models import Device
from devices.protocol.messages import SignedInvoice, SignedVoid
from devices.signals import device_barred, disk_ready, evidence_arrived
from invoicing import services
from invoicing.models import Invoice


@receiver(disk_ready, dispatch_uid="invoicing.go_on")
def go_on(*, device: Device, **_: Any) -> None:
    """Go on with the invoices that waited for this disk; the sweeper repairs a missed signal."""
    services.wake_invoices(device_id=device.pk)


@receiver(evidence_arrived, dispatch_uid="invoicing.accept_signed")
def accept_signed(*, device: Device, message: object, **_: Any) -> Invoice | None:
    """Record an invoice or its voiding that came late, and return it; reading the disk repairs a missed one."""
    if not isinstance(message, SignedInvoice | SignedVoid):
        return None
    return services.accept_signed(device=device, signed=message)


@receiver(file_scanned, dispatch_uid="invoicing.go_on_with_file")
def go_on_with_file(*, scan: FileScan, **_: Any) -> None:
    """Check the rows of an import whose file is clean now, or refuse it; the sweeper repairs a missed signal."""
    services.go_on_with_file(scan_id=scan.pk)


@receiver(device_barred, dispatch_uid="invoicing.let_go")
def let_go(*, device: Device, **_: Any) -> None:
    """Give back what waited for a disk that is out of use; what may have been sent stays to be proved."""
    services.let_go_invoices(device=device)
