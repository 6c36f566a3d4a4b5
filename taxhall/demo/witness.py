"""Reading a disk's own file with nothing of the hall running: the last word of the demo."""

from __future__ import annotations

from pathlib import Path

from devices.gateway.memory import MemoryTransport
from devices.gateway.session import DiskSession
from devices.protocol.certificates import DiskCertificate
from devices.virtual.disk import VirtualDisk
from taxhall.demo.walk import Cleared


def contradictions(disks: Path, claim: Cleared) -> list[str]:
    """Return where the disk's memory differs from what the hall claimed; empty when they agree.

    The status and the receipt are verified with the key that was enrolled, over a challenge of our own.
    """
    with VirtualDisk.open(disks / f"{claim.disk}.disk") as disk:
        transport = MemoryTransport({"witness": disk})
        with transport.open("witness") as channel:
            session = DiskSession(channel)
            session.select()
            session.identity(DiskCertificate.from_pem(claim.enrolled_certificate).public_key)
            status, receipt = session.status(), session.last_clear()
    said = {
        "lock date": (status.group("A").cut_off.isoformat(), claim.lock_date),
        "clear counter": (status.clear_counter, claim.clear_counter),
        "signatures": (status.sign_counter, claim.sign_counter),
        "receipt": ("" if receipt is None else receipt.digest, claim.receipt_digest),
    }
    return [
        f"disk {claim.disk}: {what} on the disk {found}, in the hall {claimed}"
        for what, (found, claimed) in said.items()
        if found != claimed
    ]
