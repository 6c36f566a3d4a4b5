"""Which clear may be signed, and with which content: what was approved and what the disk asks must be one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from devices.choices import CommandKind, CommandState
from devices.errors import CommandConflictError, DeviceUnusableError, DiffersFromReviewError
from devices.protocol.messages import ClearRequest, ClearToken, KindLimit

# Long enough for a queue at the reader, short enough that a lost token is soon worthless.
TOKEN_LIFETIME = timedelta(minutes=10)
UNUSABLE_CODES = {
    "frozen": "disk.frozen",
    "lost": "disk.lost",
    "replaced": "disk.replaced",
    "cancelled": "disk.cancelled",
}


def why_unusable(status: str, *, ends_disk: bool = False) -> str:
    """Return the code by which the hall deals with no disk of this status, empty when it does.

    A lost disk still takes the order that ends it: should it ever turn up, that is carried out first.
    """
    if ends_disk and status == "lost":
        return ""
    return UNUSABLE_CODES.get(status, "")


# What was approved and what the disk asks for must be the same, name by name.
REVIEWED = ("case", "group", "period_start", "period_end", "report_digest")
GRANTED = ("new_period_start", "new_period_end", "new_cut_off")


def require_approved(
    *, device: Any, taxpayer_number: str, command: Any, request: ClearRequest, approval: dict[str, Any]
) -> None:
    """Compare command, approval and the disk's signed request (trust.md S-36, S-37).

    Raises: CommandConflictError; DeviceUnusableError; DiffersFromReviewError.
    """
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
    if (request.serial, request.taxpayer_number) != (device.serial, taxpayer_number):
        raise DiffersFromReviewError("serial")
    if request.clear_counter != device.clear_counter:
        raise DiffersFromReviewError("clear_counter")


def draft_token(*, command: Any, request: ClearRequest, moment: datetime) -> ClearToken:
    """Return the token that answers the request with what was granted; not yet signed."""
    payload, moment = command.payload, moment.replace(microsecond=0)
    return ClearToken(
        command_id=str(command.pk),
        serial=request.serial,
        taxpayer_number=request.taxpayer_number,
        group=request.group,
        period_start=request.period_start,
        period_end=request.period_end,
        nonce=request.nonce,
        request_number=request.request_number,
        expected_clear_counter=request.clear_counter,
        report_digest=request.report_digest,
        new_period_start=date.fromisoformat(payload["new_period_start"]),
        new_period_end=date.fromisoformat(payload["new_period_end"]),
        new_cut_off=date.fromisoformat(payload["new_cut_off"]),
        clock=moment,
        issued_at=moment,
        expires_at=moment + TOKEN_LIFETIME,
        limits=tuple(KindLimit.from_json(item) for item in payload.get("limits", ())),
    )


def stored_answer(command: Any, request: ClearRequest) -> ClearToken | None:
    """Return the token that already answers this very request, if one was stored."""
    stored = None if command.token is None else ClearToken.from_json(command.token)
    return stored if stored is not None and stored.nonce == request.nonce else None


def require_replaceable(command: Any, *, fencing: int, request: ClearRequest) -> None:
    """Let a token be stored: by the holder, in preparation, and only while the disk's counter stands still.

    Rule: one token per clear counter, unless a newer request of the disk proves, by an unmoved counter, that
    the older token never ran. Raises: CommandConflictError.
    """
    if command.state != CommandState.CLAIMED or command.fencing != fencing:
        raise CommandConflictError(_("这条指令已不在准备状态，没有签发。"))
    if command.token is None:
        return
    if ClearToken.from_json(command.token).expected_clear_counter != request.clear_counter:
        raise CommandConflictError(_("盘上的清卡次数已变化，必须先核实上一条指令。"))
