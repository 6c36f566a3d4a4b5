"""Signing the one command that clears a disk: only here, only in the device worker, only when approved."""

from __future__ import annotations

from typing import Any

from devices.models import Device, DeviceCommand
from devices.protocol.messages import ClearRequest, ClearToken
from devices.rules import tokens as rules
from devices.services.evidence import require_signed_by
from devices.services.signing import hall_signer, require_signer_role, write_token
from taxhall.common import clock


def sign_clear_token(*, command: DeviceCommand, request: ClearRequest, approval: dict[str, Any]) -> ClearToken:
    """Sign the clear that was approved and store it on the command, in the caller's transaction, before sending.

    Rule: only the device worker has the key; only a claimed command whose payload names the approved
    case; the disk's signed request must equal the reviewed report, period and counter (trust.md S-36,
    S-37). Asked again with the same request it answers the stored token: one token per clear counter,
    unless a newer request of the disk proves, by an unmoved counter, that the older token never ran.
    Raises: SignerNotHereError; DiffersFromReviewError; CommandConflictError; DeviceUnusableError.
    """
    require_signer_role()
    needed = ("serial", "certificate", "algorithm", "status", "clear_counter", "taxpayer__number")
    device = Device.objects.select_related("taxpayer").only(*needed).get(pk=command.device_id)
    require_signed_by(device, request)
    rules.require_approved(
        device=device, taxpayer_number=device.taxpayer.number, command=command, request=request, approval=approval
    )
    if (stored := rules.stored_answer(command, request)) is not None:
        return stored
    draft = rules.draft_token(command=command, request=request, moment=clock.now())
    return _store(device, command, request, hall_signer(request.algorithm).sign_clear(draft))


def _store(device: Device, command: DeviceCommand, request: ClearRequest, token: ClearToken) -> ClearToken:
    row = DeviceCommand.objects.select_for_update().get(pk=command.pk)
    rules.require_replaceable(row, fencing=command.fencing, request=request)
    if (stored := rules.stored_answer(row, request)) is not None:
        return stored
    # Known to the caller; read again for the audit row they would be two more statements.
    row.device = device
    data = {"case": row.payload["case"], "counter": request.clear_counter}
    write_token(row, command, token, action="devices.clear_signed", data=data)
    return token
