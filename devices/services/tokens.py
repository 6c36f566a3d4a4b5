"""Signing the one command that clears a disk: only here, only in the device worker, only when approved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts import services as account_services
from devices.choices import CommandKind, CommandState
from devices.errors import CommandConflictError, DeviceUnusableError, DiffersFromReviewError, SignerNotHereError
from devices.models import Device, DeviceCommand
from devices.protocol.messages import ClearRequest, ClearToken, KindLimit, UploadAck
from devices.services.commands import UNUSABLE_CODES
from devices.services.evidence import require_signed_by
from devices.services.records import command_reference
from devices.signer.base import Signer
from taxhall.common import clock

# Long enough for a queue at the reader, short enough that a lost token is soon worthless.
TOKEN_LIFETIME = timedelta(minutes=10)
# What was approved and what the disk asks for must be the same, name by name.
REVIEWED = ("case", "group", "period_start", "period_end", "report_digest")
GRANTED = ("new_period_start", "new_period_end", "new_cut_off")


def sign_clear_token(*, command: DeviceCommand, request: ClearRequest, approval: dict[str, Any]) -> ClearToken:
    """Sign the clear that was approved and store it on the command before anything is sent.

    Rule: only the device worker has the key; only a claimed command whose payload names the approved
    case; the disk's signed request must equal the reviewed report, period and counter (trust.md S-36,
    S-37). Asked again with the same request it answers the stored token: one token per clear counter,
    unless a newer request of the disk proves, by an unmoved counter, that the older token never ran.
    Raises: SignerNotHereError; DiffersFromReviewError; CommandConflictError; DeviceUnusableError.
    """
    _require_signer_role()
    needed = ("serial", "certificate", "status", "clear_counter", "taxpayer__number")
    device = Device.objects.select_related("taxpayer").only(*needed).get(pk=command.device_id)
    require_signed_by(device, request)
    _require_approved(device, command, request, approval)
    if command.token is not None:
        stored = ClearToken.from_json(command.token)
        if stored.nonce == request.nonce:
            return stored
    token = _signer().sign_clear(_draft(command, request))
    return _store(device, command, request, token)


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


def _require_approved(device: Device, command: DeviceCommand, request: ClearRequest, approval: dict[str, Any]) -> None:
    payload = command.payload
    if command.kind != CommandKind.CLEAR or not payload.get("case"):
        raise CommandConflictError(_("这条指令没有经过批准的清卡申请，不能签发。"))
    if code := UNUSABLE_CODES.get(device.status):
        raise DeviceUnusableError(code)
    for name in (*REVIEWED, *GRANTED):
        if str(payload.get(name)) != str(approval.get(name)):
            raise DiffersFromReviewError(name)
    asked = {
        "group": request.group,
        "period_start": request.period_start.isoformat(),
        "period_end": request.period_end.isoformat(),
        "report_digest": request.report_digest,
    }
    for name, value in asked.items():
        if value != payload[name]:
            raise DiffersFromReviewError(name)
    if (request.serial, request.taxpayer_number) != (device.serial, device.taxpayer.number):
        raise DiffersFromReviewError("serial")
    if request.clear_counter != device.clear_counter:
        raise DiffersFromReviewError("clear_counter")


def _draft(command: DeviceCommand, request: ClearRequest) -> ClearToken:
    payload, moment = command.payload, clock.now().replace(microsecond=0)
    return ClearToken(
        command_id=command_reference(command),
        serial=request.serial,
        taxpayer_number=request.taxpayer_number,
        group=request.group,
        period_start=request.period_start,
        period_end=request.period_end,
        nonce=request.nonce,
        request_number=request.request_number,
        expected_clear_counter=request.clear_counter,
        report_digest=request.report_digest,
        new_period_start=_day(payload["new_period_start"]),
        new_period_end=_day(payload["new_period_end"]),
        new_cut_off=_day(payload["new_cut_off"]),
        clock=moment,
        issued_at=moment,
        expires_at=moment + TOKEN_LIFETIME,
        limits=tuple(KindLimit.from_json(item) for item in payload.get("limits", ())),
    )


@transaction.atomic
def _store(device: Device, command: DeviceCommand, request: ClearRequest, token: ClearToken) -> ClearToken:
    row = DeviceCommand.objects.select_for_update().get(pk=command.pk)
    if row.state != CommandState.CLAIMED or row.fencing != command.fencing:
        raise CommandConflictError(_("这条指令已不在准备状态，没有签发。"))
    if row.token is not None:
        stored = ClearToken.from_json(row.token)
        if stored.nonce == request.nonce:
            return stored
        if stored.expected_clear_counter != request.clear_counter:
            raise CommandConflictError(_("盘上的清卡次数已变化，必须先核实上一条指令。"))
    row.token = token.to_json()
    row.token_digest = token.digest
    row.save(update_fields=["token", "token_digest"])
    command.token, command.token_digest = row.token, row.token_digest
    account_services.record_audit_event(
        actor=None,
        action="devices.clear_signed",
        obj=row,
        taxpayer=device.taxpayer,
        data={"case": row.payload["case"], "digest": token.digest, "counter": request.clear_counter},
    )
    return token


def _day(text: str) -> date:
    return date.fromisoformat(text)
