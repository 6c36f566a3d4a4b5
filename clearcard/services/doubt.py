"""Not knowing: how a case gets into doubt and how the disk's own word takes it out again."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clearcard import tasks
from clearcard.choices import CaseAction, CaseStatus
from clearcard.models import ClearCardCase
from clearcard.rules.doubt import DiskWord, SentClear, Verdict, judge
from clearcard.services._cases import lock_case, move_case
from clearcard.services.approval import NOT_WAITING
from clearcard.services.complete import complete_case
from clearcard.services.waiting import FIRST_WAIT, LONGEST_WAIT
from devices import services as device_services
from devices.choices import CommandState
from devices.errors import CardOutcomeUnknownError, CommandConflictError, LeaseLostError
from devices.models import DeviceCommand
from devices.protocol.messages import ClearToken
from devices.services import CardReading, Lease
from taxhall.common import clock
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import TaxhallError

logger = logging.getLogger(__name__)

IN_DOUBT = (CaseStatus.SENDING, CaseStatus.IN_DOUBT, CaseStatus.MANUAL)


def stored_token(command: DeviceCommand) -> ClearToken | None:
    """Return the token that was stored on a freshly read command before anything was sent, if there is one."""
    return None if command.token is None else ClearToken.from_json(command.token)


def judge_reading(token: ClearToken, reading: CardReading) -> Verdict:
    """Decide by counter and verified receipt what became of the token."""
    receipt = reading.last_receipt
    word = DiskWord(clear_counter=reading.status.clear_counter)
    if receipt is not None:
        word = DiskWord(
            clear_counter=reading.status.clear_counter,
            receipt_command_id=receipt.command_id,
            receipt_token_digest=receipt.token_digest,
            receipt_report_digest=receipt.report_digest,
            receipt_counter_after=receipt.clear_counter_after,
        )
    sent = SentClear(token.command_id, token.digest, token.expected_clear_counter, token.report_digest)
    return judge(sent, word)


@transaction.atomic
def note_unknown_outcome(*, case_id: int, lease: Lease, error: TaxhallError) -> ClearCardCase:
    """Put a sending case into doubt after any end but a receipt or a refusal (R-10), and have it read soon."""
    case = lock_case(case_id)
    if case.status != CaseStatus.SENDING:
        return case
    try:
        device_services.doubt_command(lease=lease, error=error)
    except (LeaseLostError, CommandConflictError):
        return case
    move_case(case, CaseAction.DOUBT, actor=None, note=str(error.message), next_attempt_at=None)
    ring_on_commit(tasks.reconcile_case, case.pk)
    return case


@transaction.atomic
def note_lost_carrier(*, case_id: int, lease: Lease) -> ClearCardCase:
    """A worker vanished after sending began; its lease ran out and the command came back as doubtful."""
    case = lock_case(case_id)
    if case.status == CaseStatus.COMMANDED:
        # The command row is ahead of the case only if the database was restored; follow the command.
        move_case(case, CaseAction.SEND, actor=None)
    return note_unknown_outcome(case_id=case.pk, lease=lease, error=CardOutcomeUnknownError())


def reconcile_case(*, case_id: int) -> ClearCardCase:
    """Read the disk and settle a doubt by its own word: cleared, sent again, or handed to a person.

    Rule (R-13): counter and receipt decide together. An absent disk leaves the doubt as it is; the
    sweeper looks again. Safe to run twice and at the same time.
    """
    case: ClearCardCase = ClearCardCase.objects.select_related("device", "command").get(pk=case_id)
    if case.status not in IN_DOUBT or case.command is None:
        return case
    fencing = _right_to_settle(case)
    if fencing is None:
        return case
    try:
        reading = device_services.read_card(device=case.device)
    except TaxhallError as error:
        return _look_again(case_id=case_id, error=error)
    return _settle(case_id=case_id, reading=reading, fencing=fencing)


def _right_to_settle(case: ClearCardCase) -> int | None:
    """Return the command's fencing number under which a reading counts; None while a carrier holds it."""
    if case.command is None or case.status == CaseStatus.MANUAL:
        return case.command.fencing if case.command else None
    lease = device_services.claim_command(command_id=case.command.pk)
    if lease is None:
        return None
    if case.status == CaseStatus.SENDING:
        note_lost_carrier(case_id=case.pk, lease=lease)
    return lease.fencing


def _settle(*, case_id: int, reading: CardReading, fencing: int) -> ClearCardCase:
    command = ClearCardCase.objects.select_related("command").get(pk=case_id).command
    token = stored_token(command) if command else None
    verdict = Verdict.INCONSISTENT if token is None else judge_reading(token, reading)
    if verdict is Verdict.NEVER_RAN:
        return _send_again(case_id=case_id, reading=reading, fencing=fencing)
    if verdict is Verdict.RAN and reading.last_receipt is not None:
        try:
            return complete_case(case_id=case_id, receipt=reading.last_receipt)
        except CommandConflictError:
            logger.exception("the receipt of case %s contradicts the ledger", case_id)
    return _escalate(case_id=case_id)


@transaction.atomic
def _send_again(*, case_id: int, reading: CardReading, fencing: int) -> ClearCardCase:
    """The disk proved that the clear never ran; the command goes back to the queue.

    Rule: only a reading taken under the newest claim counts; an older one may be from before a second
    sending.
    """
    case = lock_case(case_id)
    if case.status not in (CaseStatus.IN_DOUBT, CaseStatus.MANUAL) or case.command is None:
        return case
    if DeviceCommand.objects.get(pk=case.command.pk).fencing != fencing:
        return case
    device_services.record_reading(device=case.device, reading=reading)
    device_services.requeue_command(command=case.command)
    words = _("读卡核实：清卡次数没有变化，盘上没有这次清卡的回执，指令没有执行过")
    move_case(case, CaseAction.RESEND, actor=None, note=words, next_attempt_at=None, attempts=0, **NOT_WAITING)
    ring_on_commit(tasks.execute_clear, case.pk)
    return case


@transaction.atomic
def _escalate(*, case_id: int) -> ClearCardCase:
    """Counter and receipt contradict the ledger: freeze the disk and hand the case to a person."""
    case = lock_case(case_id)
    if case.status != CaseStatus.IN_DOUBT or case.command is None:
        return _postponed(case, seconds=LONGEST_WAIT)
    words = _("盘上的清卡次数与回执对不上大厅的记录，已停用这块设备的清卡，等待人工核实")
    device_services.freeze_device(actor=None, device=case.device, reason=words)
    device_services.escalate_command(command=case.command, error=CardOutcomeUnknownError(message=words))
    return move_case(
        case, CaseAction.ESCALATE, actor=None, note=words, failure_code="clear.inconsistent", failure_text=words
    )


@transaction.atomic
def _look_again(*, case_id: int, error: TaxhallError) -> ClearCardCase:
    """The disk could not be read; nothing is known that was not known before."""
    case = lock_case(case_id)
    if case.status not in IN_DOUBT or case.command is None:
        return case
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(case.attempts, 5))
    if case.command.state == CommandState.IN_DOUBT:
        device_services.doubt_command(command=case.command, error=error, delay=wait)
    case.waiting_code, case.waiting_text = error.code, f"{error.message}{error.next_step}"
    case.waiting_since = case.waiting_since or clock.now()
    return _postponed(case, seconds=wait)


def _postponed(case: ClearCardCase, *, seconds: int) -> ClearCardCase:
    case.attempts += 1
    case.next_attempt_at = timezone.now() + timedelta(seconds=seconds)
    case.save(
        update_fields=["attempts", "next_attempt_at", "waiting_code", "waiting_text", "waiting_since", "updated_at"]
    )
    return case
