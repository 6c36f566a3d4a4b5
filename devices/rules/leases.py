"""Who may act on a command, and how each act ends.

Works on any row with the columns of `DeviceCommand`; who calls has locked it and saves it afterwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from devices.choices import COMMAND_TRANSITIONS, RUNNING_COMMAND_STATES, SIGNED_KINDS, CommandKind, CommandState
from devices.errors import CommandConflictError, LeaseLostError
from taxhall.common.errors import TaxhallError

OVER = (CommandState.DONE, CommandState.REFUSED)
_AFTER_CLAIM: dict[str, str] = {
    CommandState.QUEUED: CommandState.CLAIMED,
    CommandState.SENDING: CommandState.IN_DOUBT,
}


class CommandRow(Protocol):
    """The columns of a command that decide."""

    kind: Any
    state: Any
    token: Any
    answer: Any
    fencing: Any
    attempts: Any
    lease_until: Any
    next_attempt_at: Any
    sent_at: Any
    finished_at: Any
    error_code: Any
    error_text: Any


def is_claimable(row: CommandRow, moment: datetime) -> bool:
    """Say whether a carrier may take it: due, or left behind by a carrier whose lease ran out.

    The same question in SQL is `DeviceCommandQuerySet.claimable`; a test holds the two together.
    """
    is_due = row.next_attempt_at is None or row.next_attempt_at <= moment
    is_free = row.lease_until is None or row.lease_until <= moment
    if row.state == CommandState.QUEUED:
        return is_due
    if row.state in (CommandState.CLAIMED, CommandState.SENDING):
        return is_free
    return bool(row.state == CommandState.IN_DOUBT and is_due and is_free)


def states_that_block(kind: str) -> tuple[tuple[str, ...], bool]:
    """Return in which states other commands of a disk keep one of this kind back, and whether only clears do.

    Rule: while a clear may be running, nothing else is given out; while anything may be running, no clear.
    """
    if kind == CommandKind.CLEAR:
        return (CommandState.SENDING, CommandState.IN_DOUBT), False
    return RUNNING_COMMAND_STATES, True


def take(row: CommandRow, *, moment: datetime, seconds: int) -> None:
    """Give the command to a carrier; left in `sending` it comes back as `in_doubt` (trust.md R-10)."""
    row.state = _AFTER_CLAIM.get(row.state, row.state)
    row.fencing += 1
    row.attempts += 1
    row.lease_until = moment + timedelta(seconds=seconds)


def require_held(row: CommandRow, fencing: int) -> None:
    """Let only the newest carrier go on (trust.md R-14). Raises: LeaseLostError."""
    if row.fencing != fencing:
        raise LeaseLostError(_("这条指令已由另一个处理进程接手。"))


def begin_sending(row: CommandRow, *, fencing: int, moment: datetime) -> None:
    """Note that the disk may change from now on: held, in time, and what is to be signed is signed on the row.

    Raises: LeaseLostError; CommandConflictError.
    """
    require_held(row, fencing)
    if row.state != CommandState.CLAIMED:
        raise CommandConflictError(_("这条指令可能已经发送过，必须先读卡核实。"))
    if row.lease_until is None or row.lease_until <= moment:
        raise LeaseLostError(_("处理时限已过，没有发送；系统会重新安排。"))
    if row.kind in SIGNED_KINDS and row.token is None:
        raise CommandConflictError(_("指令还没有签名，不能发送。"))
    row.state = CommandState.SENDING
    row.sent_at = moment


def is_repeat(row: CommandRow, target: str) -> bool:
    """Say whether the command has ended so already."""
    return row.state == target and target in OVER


def require_reachable(row: CommandRow, target: str) -> None:
    """Allow only the listed changes of state. Raises: CommandConflictError."""
    if row.state != target and (row.state, target) not in COMMAND_TRANSITIONS:
        raise CommandConflictError(
            _("指令现在是「%(state)s」，不能改为「%(target)s」。")
            % {"state": CommandState(row.state).label, "target": CommandState(target).label}
        )


def end(
    row: CommandRow,
    target: str,
    *,
    moment: datetime,
    wait: timedelta = timedelta(),
    answer: dict[str, Any] | None = None,
    error: TaxhallError | None = None,
) -> None:
    """Give the lease back and write how the act ended. Raises: CommandConflictError."""
    require_reachable(row, target)
    row.state = target
    row.answer = answer if answer is not None else row.answer
    row.error_code = error.code if error else ""
    row.error_text = str(error.message) if error else ""
    row.lease_until = None
    row.next_attempt_at = None if target in OVER else moment + wait
    row.finished_at = moment if target in OVER else None
    if target == CommandState.IN_DOUBT and row.sent_at is None:
        row.sent_at = moment
