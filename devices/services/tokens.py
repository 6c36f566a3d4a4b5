"""Signing the one command that clears a disk: only here, only in the device worker, only when approved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from devices.choices import CommandKind
from devices.errors import CommandConflictError, DeviceUnusableError, DiffersFromReviewError
from devices.models import Device, DeviceCommand
from devices.protocol.messages import ClearRequest, ClearToken, KindLimit
from devices.services.commands import UNUSABLE_CODES
from devices.services.evidence import require_signed_by
from devices.services.records import command_reference
from devices.services.signing import hall_signer, lock_for_signing, require_signer_role, write_token
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
    require_signer_role()
    needed = ("serial", "certificate", "algorithm", "status", "clear_counter", "taxpayer__number")
    device = Device.objects.select_related("taxpayer").only(*needed).get(pk=command.device_id)
    require_signed_by(device, request)
    _require_approved(device, command, request, approval)
    if command.token is not None:
        stored = ClearToken.from_json(command.token)
        if stored.nonce == request.nonce:
            return stored
    token = hall_signer(request.algorithm).sign_clear(_draft(command, request))
    return _store(command, request, token)


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
def _store(command: DeviceCommand, request: ClearRequest, token: ClearToken) -> ClearToken:
    row = lock_for_signing(command)
    if row.token is not None:
        stored = ClearToken.from_json(row.token)
        if stored.nonce == request.nonce:
            return stored
        if stored.expected_clear_counter != request.clear_counter:
            raise CommandConflictError(_("盘上的清卡次数已变化，必须先核实上一条指令。"))
    data = {"case": row.payload["case"], "counter": request.clear_counter}
    write_token(row, command, token, action="devices.clear_signed", data=data)
    return token


def _day(text: str) -> date:
    return date.fromisoformat(text)
