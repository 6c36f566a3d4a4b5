"""The steps of a clear done for real: each a transaction over the rows or a visit to the disk, never both.

A method per step of `clearcard.rules.course`, under the step's name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from clearcard.choices import CaseAction, CaseStatus
from clearcard.models import ClearCardCase
from clearcard.rules import course
from clearcard.rules.course import Recalled, Step
from clearcard.services import doubt
from clearcard.services._cases import lock_case, move_case
from clearcard.services.approval import NOT_WAITING, UNDECIDED, approved_content
from clearcard.services.basis import is_standing
from clearcard.services.complete import complete_case
from clearcard.services.retry import retry_locked
from clearcard.services.review import send_to_officer
from clearcard.services.waiting import keep_waiting
from devices import services as device_services
from devices.errors import CommandConflictError, DiffersFromReviewError, LeaseLostError
from devices.models import Device, DeviceCommand
from devices.protocol.messages import ClearReceipt, ClearRequest, ClearToken
from devices.services import CardReading, Lease
from taxhall.common import clock


class Hands:
    """Does the steps of one course for one case, and holds the lease between them."""

    def __init__(self, case: ClearCardCase) -> None:
        if case.command_id is None:
            raise CommandConflictError(_("这份申请没有清卡指令。"))
        self.case_id = case.pk
        self._case = case
        self._command_id = case.command_id
        self._lease: Lease | None = None

    def do(self, step: Step) -> Any:
        """Do one step and return what the course is to know of it. Raises: TaxhallError."""
        return getattr(self, course.name_of(type(step)))(step)

    @property
    def _held(self) -> Lease:
        if self._lease is None:
            raise LeaseLostError(_("这条指令没有被领取。"))
        return self._lease

    # ---- (a) before anything is sent ----

    def claim(self, _step: course.Claim) -> Lease | None:
        """Take the command."""
        self._lease = device_services.claim_command(command_id=self._command_id)
        return self._lease

    def read_disk(self, _step: course.ReadDisk) -> CardReading:
        """Read the disk."""
        return device_services.read_card(device=self._case.device)

    def withdraw_and_read(self, _step: course.WithdrawAndRead) -> CardReading:
        """Let the disk drop its open request, then read it."""
        (stored,) = DeviceCommand.objects.values_list("token").get(pk=self._command_id)
        token = None if stored is None else ClearToken.from_json(stored)
        return device_services.withdraw_clear_on_card(device=self._case.device, group=self._case.group, token=token)

    def recall(self, _step: course.Recall) -> Recalled:
        """Look up what was signed before."""
        command = DeviceCommand.objects.select_related("device").get(pk=self._command_id)
        last = self._case.transitions.last()
        stored = course.recall(
            command=command,
            clear_counter=command.device.clear_counter,
            last_action=None if last is None else last.action,
            moment=clock.now(),
        )
        if stored.token is None or device_services.is_signed_with_current_key(stored.token):
            return stored
        return replace(stored, is_spent=True)

    def note_reading(self, step: course.NoteReading) -> Device:
        """Keep a reading."""
        return device_services.record_reading(device=self._case.device, reading=step.reading)

    def begin(self, _step: course.Begin) -> ClearRequest:
        """Let the disk ask to be cleared."""
        case = self._case
        return device_services.begin_clear_on_card(device=case.device, period=case.period, group=case.group)

    @transaction.atomic
    def sign(self, step: course.Sign) -> ClearToken:
        """Compare the disk's request with the reviewed report and store the signed token with the case."""
        case = lock_case(self.case_id)
        Device.objects.select_for_update(no_key=True).values_list("pk").get(pk=case.device_id)
        command = DeviceCommand.objects.get(pk=self._command_id)
        if command.fencing != self._held.fencing or case.status not in course.READY:
            raise LeaseLostError(_("这份申请已由另一个处理进程接手。"))
        if step.request.report_counter != command.payload["report_counter"]:
            raise DiffersFromReviewError("report_counter")
        approval = approved_content(case)
        token = device_services.sign_clear_token(command=command, request=step.request, approval=approval)
        if case.status == CaseStatus.APPROVED:
            move_case(case, CaseAction.COMMAND, actor=None, **NOT_WAITING)
        return token

    def keep_waiting(self, step: course.KeepWaiting) -> ClearCardCase:
        """Note why nothing was sent and look again later."""
        return keep_waiting(case_id=self.case_id, lease=self._held, error=step.error)

    @transaction.atomic
    def go_back_to_review(self, step: course.GoBackToReview) -> ClearCardCase:
        """Void the decision: nothing was sent, and the disk differs from what was reviewed."""
        case, error = lock_case(self.case_id), step.error
        command = device_services.requeue_command(lease=self._held, error=error)
        device_services.cancel_command(actor=None, command=command)
        reason = getattr(error, "difference", error.code)
        words = _("设备上的数据与审核时不一致（%(what)s），这份申请没有向设备发送清卡指令。") % {"what": reason}
        move_case(case, CaseAction.REVIEW_AGAIN, actor=None, note=words, **UNDECIDED)
        return send_to_officer(case, reasons=[words])

    # ---- (b) sending ----

    def mark_sending(self, step: course.MarkSending) -> None:
        """Note `sending`; from the commit of this the disk may change."""
        # The key may live in a module of its own, so it is asked before anything is locked.
        device_services.require_current_key(step.token)
        self._mark_sending()

    @transaction.atomic
    def _mark_sending(self) -> None:
        # The return is held until the commit: a voiding that waits for it sees that the clear has begun.
        case = lock_case(self.case_id, "taxpayer")
        if not is_standing(case):
            raise CommandConflictError(_("申报表作废、更正了，税款被退回，或者本月变为应申报，没有发送。"))
        device_services.mark_sending(lease=self._held)
        move_case(case, CaseAction.SEND, actor=None, attempts=case.attempts + 1, **NOT_WAITING)

    def apply(self, step: course.Apply) -> ClearReceipt:
        """Hand the token to the disk."""
        return device_services.apply_clear_on_card(device=self._case.device, token=step.token)

    # ---- (c) what came of it ----

    def complete(self, step: course.Complete) -> ClearCardCase:
        """Accept the disk's verified receipt."""
        return complete_case(case_id=self.case_id, receipt=step.receipt)

    @transaction.atomic
    def note_refusal(self, step: course.NoteRefusal) -> ClearCardCase:
        """The disk said no to the token and nothing on it changed; what a new token cures is tried again."""
        case, error = lock_case(self.case_id), step.error
        device_services.refuse_command(lease=self._held, error=error)
        words = str(error.message)
        move_case(case, CaseAction.REFUSE, actor=None, note=words, failure_code=error.code, failure_text=words)
        refusals = case.transitions.filter(action=CaseAction.REFUSE).count()
        return retry_locked(case, actor=None) if course.is_cured_by_a_new_token(error, refusals) else case

    def note_doubt(self, step: course.NoteDoubt) -> ClearCardCase:
        """Put the sending case into doubt."""
        return doubt.note_unknown_outcome(case_id=self.case_id, lease=self._held, error=step.error)

    def follow_lost_carrier(self, _step: course.FollowLostCarrier) -> ClearCardCase:
        """Put the case into doubt because a carrier vanished."""
        return doubt.note_lost_carrier(case_id=self.case_id, lease=self._held)

    # ---- settling a doubt ----

    def gain_right(self, _step: course.GainRight) -> Lease | None:
        """Gain the right to settle a doubt."""
        self._lease = doubt.gain_right(self._case)
        return self._lease

    def give_back(self, _step: course.GiveBack) -> None:
        """Put the command back untouched."""
        doubt.give_back(case_id=self.case_id, lease=self._held)

    def look_again(self, step: course.LookAgain) -> ClearCardCase:
        """Leave the doubt as it is and look again later."""
        return doubt.look_again(case_id=self.case_id, error=step.error)

    def send_again(self, step: course.SendAgain) -> ClearCardCase:
        """Give the command back: the disk proved that it never ran."""
        return doubt.send_again(case_id=self.case_id, reading=step.reading, fencing=step.fencing)

    def escalate(self, step: course.Escalate) -> ClearCardCase:
        """Hand the case to a person."""
        return doubt.escalate(case_id=self.case_id, can_be_read=step.can_be_read)
