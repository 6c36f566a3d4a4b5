"""Signing the one command that clears a disk: only here, only in the device worker, only when approved."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from devices.errors import SignerNotHereError
from devices.models import Device, DeviceCommand
from devices.protocol.messages import ClearRequest, ClearToken, UploadAck
from devices.rules import tokens as rules
from devices.services.evidence import require_signed_by
from devices.signer.base import Signer
from taxhall.common import clock


def sign_clear_token(*, command: DeviceCommand, request: ClearRequest, approval: dict[str, Any]) -> ClearToken:
    """Sign the clear that was approved and store it on the command before anything is sent.

    Rule: only the device worker has the key; only a claimed command whose payload names the approved
    case; the disk's signed request must equal the reviewed report, period and counter (trust.md S-36,
    S-37). Asked again with the same request it answers the stored token: one token per clear counter,
    unless a newer request of the disk proves, by an unmoved counter, that the older token never ran.
    Raises: SignerNotHereError; DiffersFromReviewError; CommandConflictError; DeviceUnusableError.
    """
    _require_signer_role()
    device = Device.objects.select_related("taxpayer").get(pk=command.device_id)
    require_signed_by(device, request)
    rules.require_approved(
        device=device, taxpayer_number=device.taxpayer.number, command=command, request=request, approval=approval
    )
    if (stored := rules.stored_answer(command, request)) is not None:
        return stored
    token = _signer().sign_clear(rules.draft_token(command=command, request=request, moment=clock.now()))
    return _store(command, request, token)


def sign_acknowledgement(*, device: Device, counter: int, digest: str) -> UploadAck:
    """Sign that the hall holds every record of the disk up to `counter`. Raises: SignerNotHereError."""
    _require_signer_role()
    draft = UploadAck(
        serial=device.serial,
        taxpayer_number=device.taxpayer.number,
        first_counter=1,
        last_counter=counter,
        last_digest=digest,
        issued_at=clock.now().replace(microsecond=0),
    )
    return _signer().sign_acknowledgement(draft)


def _require_signer_role() -> None:
    if settings.HALL_ROLE != "device":
        raise SignerNotHereError(_("本进程不能代表大厅签名。"))


def _signer() -> Signer:
    signer: Signer = import_string(settings.DEVICE_SIGNER)(settings.DEVICE_SIGNER_KEY_FILE)
    return signer


@transaction.atomic
def _store(command: DeviceCommand, request: ClearRequest, token: ClearToken) -> ClearToken:
    row = DeviceCommand.objects.select_for_update().get(pk=command.pk)
    rules.require_replaceable(row, fencing=command.fencing, request=request)
    if (stored := rules.stored_answer(row, request)) is not None:
        return stored
    row.token = token.to_json()
    row.token_digest = token.digest
    row.save(update_fields=["token", "token_digest"])
    command.token, command.token_digest = row.token, row.token_digest
    account_services.record_audit_event(
        actor=None,
        action="devices.clear_signed",
        obj=row,
        taxpayer=row.device.taxpayer,
        data={"case": row.payload["case"], "digest": token.digest, "counter": request.clear_counter},
    )
    return token
