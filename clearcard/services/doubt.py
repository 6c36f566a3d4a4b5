"""Not knowing: how a case gets into doubt and how the disk's own word takes it out again."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as account_services
from clearcard import tasks
from clearcard.choices import CaseAction, CaseStatus
from clearcard.links import case_link
from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.services._cases import lock_case, move_case
from clearcard.services.approval import NOT_WAITING
from devices import services as device_services
from devices.choices import CommandState
from devices.errors import CardOutcomeUnknownError, CommandConflictError, LeaseLostError
from devices.models import DeviceCommand
from devices.services import CardReading, Lease
from taxhall.common import clock
from taxhall.common.doorbell import ring, ring_on_commit
from taxhall.common.errors import TaxhallError


@transaction.atomic
def note_unknown_outcome(*, case_id: int, lease: Lease, error: TaxhallError) -> ClearCardCase:
    """Put a sending case into doubt after any end but a receipt or a refusal (R-10), and have it read soon."""
    case = lock_case(case_id)
    return _doubted(case, lease, error) if case.status == CaseStatus.SENDING else case


@transaction.atomic
def note_lost_carrier(*, case_id: int, lease: Lease) -> ClearCardCase:
    """A worker vanished after sending began; its lease ran out and the command came back as doubtful.

    A case that was only commanded follows its command: the row is ahead of the case if the database was restored.
    """
    case = lock_case(case_id)
    known = (CaseStatus.COMMANDED, CaseStatus.SENDING)
    return _doubted(case, lease, CardOutcomeUnknownError()) if case.status in known else case


def _doubted(case: ClearCardCase, lease: Lease, error: TaxhallError) -> ClearCardCase:
    """Put command and case into doubt.

    The command comes first: whoever does not hold it any more has nothing to say of the case, which somebody else
    may have taken back to where it is sent anew.
    """
    try:
        device_services.doubt_command(lease=lease, error=error)
    except (LeaseLostError, CommandConflictError):
        return case
    if case.status == CaseStatus.COMMANDED:
        move_case(case, CaseAction.SEND, actor=None)
    move_case(case, CaseAction.DOUBT, actor=None, note=str(error.message), next_attempt_at=None)
    _tell(
        case,
        "doubt",
        _("%(device)s 的清卡结果待核实：%(period)s"),
        _(
            "清卡指令发出后与设备的联系中断，设备是否已经清卡还不知道。大厅核实清楚之前不会再发送清卡指令。"
            "请保持设备插好，不要在别处清卡，也不用重新申请；核实的结果在申请页面显示。"
        ),
    )
    ring_on_commit(tasks.reconcile_case, case.pk)
    return case


def _tell(case: ClearCardCase, what: str, title: str, body: str) -> None:
    """Tell the company of a doubt about a command once, however often the same command is tried again."""
    account_services.send_notice(
        taxpayer=case.taxpayer,
        kind="clear_doubt",
        title=title % {"device": case.device, "period": case.period.label},
        body=body,
        link=case_link(case),
        dedupe_key=f"case:{case.number}:{what}:{case.command_id}",
    )


def gain_right(case: ClearCardCase) -> Lease | None:
    """Return the lease under which a reading counts; None while a carrier holds the command.

    A command that is with a person is in nobody's hands: whoever reads the disk may settle it.
    """
    if case.status == CaseStatus.MANUAL and case.command is not None:
        return Lease(case.command, case.command.fencing, CommandState.IN_DOUBT)
    return None if case.command_id is None else device_services.claim_command(command_id=case.command_id)


def give_back(*, case_id: int, lease: Lease) -> None:
    """Put a command back that is in no doubt any more."""
    device_services.requeue_command(lease=lease)
    ring(tasks.execute_clear, case_id)


@transaction.atomic
def send_again(*, case_id: int, reading: CardReading, fencing: int) -> ClearCardCase:
    """The disk proved that the clear never ran; the command goes back to the queue.

    Rule: only a reading taken under the newest claim counts; an older one may be from before a second
    sending.
    """
    case = lock_case(case_id)
    if case.status not in (CaseStatus.IN_DOUBT, CaseStatus.MANUAL) or case.command is None:
        return case
    if DeviceCommand.objects.select_for_update().get(pk=case.command.pk).fencing != fencing:
        return case
    device_services.record_reading(device=case.device, reading=reading)
    device_services.requeue_command(command=case.command)
    words = _("读卡核实：清卡次数没有变化，盘上没有这次清卡的回执，指令没有执行过")
    move_case(case, CaseAction.RESEND, actor=None, note=words, next_attempt_at=None, attempts=0, **NOT_WAITING)
    ring_on_commit(tasks.execute_clear, case.pk)
    return case


@transaction.atomic
def escalate(*, case_id: int, can_be_read: bool = True) -> ClearCardCase:
    """Freeze the disk and hand the case to a person: it contradicts the ledger, or cannot tell what it did."""
    case = lock_case(case_id)
    if case.status != CaseStatus.IN_DOUBT or case.command is None:
        return _postponed(case, course.LONGEST_WAIT)
    contradiction = _("盘上的清卡次数与回执对不上大厅的记录，已停用这块设备的清卡，等待人工核实")
    silence = _("这类设备不能回读清卡回执，清卡结果不明，大厅不作推测；已停用这块设备的清卡，等待人工核实")
    words, code = (contradiction, "clear.inconsistent") if can_be_read else (silence, "clear.no_read_back")
    device_services.freeze_device(actor=None, device=case.device, reason=words)
    device_services.escalate_command(command=case.command, error=CardOutcomeUnknownError(message=words))
    move_case(case, CaseAction.ESCALATE, actor=None, note=words, failure_code=code, failure_text=words)
    step = _("请不要在别处清卡，也不用重新申请；保持设备可用，等候税务人员联系。")
    _tell(case, "manual", _("%(device)s 的清卡转人工核实：%(period)s"), f"{words}。{step}")
    return case


@transaction.atomic
def look_again(*, case_id: int, error: TaxhallError) -> ClearCardCase:
    """The disk could not be read; nothing is known that was not known before."""
    case = lock_case(case_id)
    if case.status not in course.IN_DOUBT or case.command is None:
        return case
    wait = course.wait_after(case.attempts)
    if case.command.state == CommandState.IN_DOUBT:
        device_services.doubt_command(command=case.command, error=error, delay=wait)
    case.waiting_code, case.waiting_text = error.code, f"{error.message}{error.next_step}"
    case.waiting_since = case.waiting_since or clock.now()
    return _postponed(case, wait)


def _postponed(case: ClearCardCase, wait: timedelta) -> ClearCardCase:
    case.attempts += 1
    case.next_attempt_at = timezone.now() + wait
    case.save(
        update_fields=["attempts", "next_attempt_at", "waiting_code", "waiting_text", "waiting_since", "updated_at"]
    )
    return case
