"""What every approval does: the digest, the queued command and the notice, in one transaction."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from clearcard.choices import CaseAction
from clearcard.links import case_link
from clearcard.models import ClearCardCase
from clearcard.services._cases import move_case
from devices import services as device_services
from devices.choices import CommandKind
from devices.models import DeviceCommand
from filing import selectors as filing_selectors
from taxhall.common import clock


def approve_locked_case(case: ClearCardCase, *, actor: User | None, note: str) -> ClearCardCase:
    """Approve a locked case over its stored digest and queue the clear command with it.

    Rule: no command without an approval of the same digest (trust.md I4).
    Raises: CommandConflictError; DeviceUnusableError.
    """
    number = case.command_count + 1
    _grant(case)
    command = device_services.queue_command(
        actor=actor,
        device=case.device,
        kind=CommandKind.CLEAR,
        key=f"clear:{case.number}:{number}",
        payload=approved_content(case),
    )
    move_case(case, CaseAction.APPROVE, actor=actor, note=note, **_approval(case, actor, command, number))
    account_services.send_notice(
        taxpayer=case.taxpayer,
        kind="clear_approved",
        title=_("清卡申请 %(number)s 已通过审核") % {"number": case.number},
        body=_("请保持 %(device)s 插在电脑上，系统会自动完成清卡。") % {"device": case.device},
        link=case_link(case),
        dedupe_key=f"case:{case.number}:approved:{number}",
    )
    return case


def approved_content(case: ClearCardCase) -> dict[str, Any]:
    """Return what was reviewed and what is granted; the disk's own request must match it to the letter."""
    reviewed = case.snapshot["reviewed"]
    return {
        "case": case.number,
        "group": case.group,
        "period_start": case.period_start.isoformat(),
        "period_end": case.period_end.isoformat(),
        "report_digest": reviewed["report_digest"],
        "report_counter": reviewed["report_counter"],
        "approved_digest": case.approved_digest,
        "new_period_start": str(case.new_period_start),
        "new_period_end": str(case.new_period_end),
        "new_cut_off": str(case.new_cut_off),
    }


def _grant(case: ClearCardCase) -> None:
    """Set the window the disk will move to: the next month, with its filing deadline as lock date (锁死日期)."""
    window = case.period.next()
    case.new_period_start, case.new_period_end = window.start, window.end
    case.new_cut_off = filing_selectors.deadline_for(window, bureau=case.taxpayer.bureau).date
    case.approved_digest = case.snapshot_digest


def _approval(case: ClearCardCase, actor: User | None, command: DeviceCommand, number: int) -> dict[str, Any]:
    return {
        "approver": actor,
        "approver_person": actor.person if actor else None,
        "approved_digest": case.approved_digest,
        "new_period_start": case.new_period_start,
        "new_period_end": case.new_period_end,
        "new_cut_off": case.new_cut_off,
        "decided_at": clock.now(),
        "command": command,
        "command_count": number,
        "claimed_by": None,
        "claimed_until": None,
        "next_attempt_at": None,
        "attempts": 0,
        **NOT_WAITING,
    }


# The case waits for nothing the user has to do.
NOT_WAITING: dict[str, Any] = {"waiting_code": "", "waiting_text": "", "waiting_since": None}
# A decision that is void: it has to be taken anew.
UNDECIDED: dict[str, Any] = {
    "command": None,
    "approver": None,
    "approver_person": None,
    "approved_digest": "",
    "first_reviewer": None,
    "first_reviewer_person": None,
    "decided_at": None,
    "lane": "",
    **NOT_WAITING,
}
