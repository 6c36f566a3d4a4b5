"""Clearing the disk of an approved case.

The steps, each its own transaction, never one around a call to the disk:
 (a) claim the command; read the disk; ask it for its signed request; compare with what was reviewed;
     sign and store the token: the case is `commanded`, nothing was sent.
 (b) note `sending`; then send. From here on only the disk's own word counts.
 (c) verify and store the receipt, move the window, make the certificate: `cleared`; or `refused` when
     the disk said no; or `in_doubt` after any other end.
Whoever dies between the steps leaves rows that say so; the sweeper takes over when the lease ends.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from clearcard import tasks
from clearcard.choices import CaseAction, CaseStatus
from clearcard.models import ClearCardCase
from clearcard.rules.doubt import Verdict
from clearcard.services import doubt
from clearcard.services._cases import lock_case, move_case
from clearcard.services.approval import NOT_WAITING, approved_content
from clearcard.services.complete import complete_case
from clearcard.services.review import send_to_officer
from clearcard.services.waiting import keep_waiting
from devices import services as device_services
from devices.errors import (
    CardOutcomeUnknownError,
    CardRefusedError,
    CommandConflictError,
    DiffersFromReviewError,
    LeaseLostError,
)
from devices.models import Device, DeviceCommand
from devices.protocol.messages import ClearRequest, ClearToken
from devices.services import Lease
from taxhall.common import clock
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import TaxhallError

LEASE_SECONDS = 60
SENDING_MARGIN = timedelta(seconds=30)
# Refusals of BEGIN_CLEAR that mean: the disk is not in the state that was reviewed.
DIFFERENCES = frozenset(
    {"disk.not_reported", "disk.nothing_to_clear", "disk.already_cleared", "disk.period_open", "disk.other_company"}
)
# Refusals that a fresh token cures; the hall asks again by itself.
CURABLE = frozenset({"disk.token_expired", "disk.token_stale"})
CURABLE_TRIES = 3


def execute_clear(*, case_id: int) -> ClearCardCase:
    """Bring an approved or commanded case one way further; safe to run twice and at the same time.

    A disk that is absent or locked leaves the case waiting; a difference sends it back to review.
    """
    case: ClearCardCase = ClearCardCase.objects.select_related("device").only(*_NEEDED).get(pk=case_id)
    if case.status not in (CaseStatus.APPROVED, CaseStatus.COMMANDED) or case.command_id is None:
        return case
    lease = device_services.claim_command(command_id=case.command_id, lease_seconds=LEASE_SECONDS)
    if lease is None:
        return case
    if lease.must_read_first:
        # The command row knows more than the case: bytes were sent by someone who vanished.
        return doubt.note_lost_carrier(case_id=case_id, lease=lease)
    return _attempt(case, lease)


# What is asked of the disk, and whom to ask; everything else is read under the lock of its step.
_NEEDED = ("status", "command", "group", "period_start", "period_end", "device__serial", "device__certificate")


def _attempt(case: ClearCardCase, lease: Lease) -> ClearCardCase:
    try:
        token = _prepare(case, lease)
    except (DiffersFromReviewError, CardRefusedError) as error:
        return _stopped_before_sending(case, lease, error)
    except LeaseLostError:
        return case
    except TaxhallError as error:
        return keep_waiting(case_id=case.pk, lease=lease, error=error)
    return case if token is None else _send(case, lease, token)


def _prepare(case: ClearCardCase, lease: Lease) -> ClearToken | None:
    """Step (a). Return the token to send, or None when the disk is already ahead of the hall."""
    reading = device_services.read_card(device=case.device)
    stored = doubt.stored_token(lease.command)
    if stored is not None and doubt.judge_reading(stored, reading) is not Verdict.NEVER_RAN:
        # A database older than the disk: its receipt decides, never a new clear.
        _mark_sending(case, lease)
        doubt.note_unknown_outcome(case_id=case.pk, lease=lease, error=CardOutcomeUnknownError())
        return None
    device_services.record_reading(device=case.device, reading=reading)
    if stored is not None and _may_send_again(case, stored):
        return stored
    request = device_services.begin_clear_on_card(device=case.device, period=case.period, group=case.group)
    return _sign(case, lease, request)


def _may_send_again(case: ClearCardCase, stored: ClearToken) -> bool:
    """Whether the stored token is still good: not refused by the disk, and not about to expire."""
    last = case.transitions.last()
    was_refused = last is not None and last.action == CaseAction.RETRY
    return not was_refused and stored.expires_at > clock.now() + SENDING_MARGIN


@transaction.atomic
def _sign(case: ClearCardCase, lease: Lease, request: ClearRequest) -> ClearToken:
    """Compare the disk's request with the reviewed report and store the signed token with the case."""
    locked = lock_case(case)
    Device.objects.select_for_update().values_list("pk").get(pk=locked.device_id)
    command = DeviceCommand.objects.get(pk=lease.command_id)
    if command.fencing != lease.fencing or locked.status not in (CaseStatus.APPROVED, CaseStatus.COMMANDED):
        raise LeaseLostError(_("这份申请已由另一个处理进程接手。"))
    if request.report_counter != command.payload["report_counter"]:
        raise DiffersFromReviewError("report_counter")
    token = device_services.sign_clear_token(command=command, request=request, approval=approved_content(locked))
    if locked.status == CaseStatus.APPROVED:
        move_case(locked, CaseAction.COMMAND, actor=None, **NOT_WAITING)
    return token


@transaction.atomic
def _mark_sending(case: ClearCardCase, lease: Lease) -> None:
    """Step (b): from the commit of this the disk may change."""
    locked = lock_case(case)
    device_services.mark_sending(lease=lease)
    move_case(locked, CaseAction.SEND, actor=None, attempts=locked.attempts + 1, **NOT_WAITING)


def _send(case: ClearCardCase, lease: Lease, token: ClearToken) -> ClearCardCase:
    try:
        _mark_sending(case, lease)
    except (LeaseLostError, CommandConflictError):
        return case
    try:
        receipt = device_services.apply_clear_on_card(device=case.device, token=token)
    except CardRefusedError as error:
        return _refused(case, lease, error)
    except TaxhallError as error:
        return doubt.note_unknown_outcome(case_id=case.pk, lease=lease, error=error)
    try:
        return complete_case(case_id=case.pk, receipt=receipt)
    except CommandConflictError as error:
        # The disk answered something the ledger cannot take: read it before anything else.
        return doubt.note_unknown_outcome(case_id=case.pk, lease=lease, error=error)


@transaction.atomic
def _refused(case: ClearCardCase, lease: Lease, error: CardRefusedError) -> ClearCardCase:
    """The disk said no to the token and nothing on it changed."""
    locked = lock_case(case)
    device_services.refuse_command(lease=lease, error=error)
    move_case(
        locked,
        CaseAction.REFUSE,
        actor=None,
        note=str(error.message),
        failure_code=error.code,
        failure_text=str(error.message),
    )
    refusals = locked.transitions.filter(action=CaseAction.REFUSE).count()
    if error.code in CURABLE and refusals <= CURABLE_TRIES:
        return retry_locked(locked, actor=None)
    return locked


def retry_locked(case: ClearCardCase, *, actor: User | None) -> ClearCardCase:
    """Put the command of a refused case back; a new request and a new token will be made."""
    device_services.requeue_command(command=_command_of(case))
    move_case(case, CaseAction.RETRY, actor=actor, failure_code="", failure_text="", next_attempt_at=None)
    ring_on_commit(tasks.execute_clear, case.pk)
    return case


@transaction.atomic
def _stopped_before_sending(case: ClearCardCase, lease: Lease, error: TaxhallError) -> ClearCardCase:
    """Nothing was sent: the disk differs from what was reviewed, or it asks something of the user (PIN)."""
    if isinstance(error, CardRefusedError) and error.code not in DIFFERENCES:
        return keep_waiting(case_id=case.pk, lease=lease, error=error)
    locked = lock_case(case)
    command = device_services.requeue_command(lease=lease, error=error)
    device_services.cancel_command(actor=None, command=command)
    reason = getattr(error, "difference", error.code)
    words = _("设备上的数据与审核时不一致（%(what)s），没有清卡，盘上数据没有变化。") % {"what": reason}
    move_case(
        locked,
        CaseAction.REVIEW_AGAIN,
        actor=None,
        note=words,
        command=None,
        approver=None,
        approver_person=None,
        approved_digest="",
        first_reviewer=None,
        first_reviewer_person=None,
        decided_at=None,
        lane="",
        **NOT_WAITING,
    )
    return send_to_officer(locked, reasons=[words])


def _command_of(case: ClearCardCase) -> DeviceCommand:
    if case.command is None:
        raise CommandConflictError(_("这份申请没有清卡指令。"))
    return case.command
