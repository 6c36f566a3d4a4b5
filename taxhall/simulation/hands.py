"""The steps of a clear over rows in memory: the transactions of `clearcard/services`, decision by decision.

A method per step under the step's name, as in `clearcard.services.hands`. What decides is imported from where
the services import it; what is written here is only which row is read and written when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from clearcard import workflow
from clearcard.choices import CaseAction, CaseStatus
from clearcard.rules import course
from clearcard.rules.course import Recalled, Step
from clearcard.services.approval import approved_content
from devices.choices import CommandState, DeviceStatus
from devices.errors import (
    BadSignatureError,
    CardNotReadError,
    CardOutcomeUnknownError,
    CommandConflictError,
    DiffersFromReviewError,
    LeaseLostError,
)
from devices.gateway import wire
from devices.gateway.wire import CardAnswer, CardRequest
from devices.protocol.errors import ProtocolError
from devices.protocol.messages import ClearReceipt, ClearRequest, ClearToken, DiskStatus
from devices.protocol.profiles import PrivateKey
from devices.rules import leases, receipts, tokens
from devices.rules.receipts import Agreement
from devices.services import Lease
from devices.services.evidence import require_signed_by
from devices.services.host import error_of
from taxhall.common.errors import TaxhallError
from taxhall.simulation.rows import CaseRow, CommandRow, DeviceRow, Ledger, TransitionRow

LEASE_SECONDS = 60
Ring = tuple[str, int]


@dataclass(frozen=True)
class SimReading:
    """A look at a disk."""

    status: DiskStatus
    last_receipt: ClearReceipt | None
    known_before: int
    # The disks here are ours; what becomes of others is tested by services alone.
    has_read_back: bool = True


@dataclass
class Books:
    """The ledger with what every transaction needs: the time, the signing key, and where bells are rung."""

    ledger: Ledger
    clock: Callable[[], datetime]
    clear_key: PrivateKey
    rings: list[Ring] = field(default_factory=list)

    def move(self, case: CaseRow, action: CaseAction, **changes: Any) -> None:
        """Move a case along the workflow, with its transition row."""
        source, case.status = case.status, workflow.next_status(case.status, action)
        for name, value in changes.items():
            setattr(case, name, value)
        row = TransitionRow(len(case.transitions) + 1, source, case.status, action)
        case.transitions = (*case.transitions, row)

    def end(self, row: CommandRow, target: str, *, fencing: int | None = None, **how: Any) -> None:
        """End what was done with a command, as `devices.services.commands` does."""
        if fencing is not None:
            leases.require_held(row, fencing)
        if not leases.is_repeat(row, target):
            leases.end(row, target, moment=self.clock(), **how)

    def claim(self, row: CommandRow) -> Lease | None:
        """Take a command, or None."""
        moment = self.clock()
        states, _ = leases.states_that_block(row.kind)
        others = [each for each in self.ledger.commands_on(row.device_id) if each.pk != row.pk]
        if not leases.is_claimable(row, moment) or any(each.state in states for each in others):
            return None
        leases.take(row, moment=moment, seconds=LEASE_SECONDS)
        return Lease(row, row.fencing, row.state)  # type: ignore[arg-type]

    def record_reading(self, device: DeviceRow, reading: SimReading) -> None:
        """Keep a reading: an unexplained counter freezes the disk."""
        agreement = receipts.compare_counter(
            device,
            reading.status.clear_counter,
            known_before=reading.known_before,
            live_states=[str(row.state) for row in self.ledger.commands_on(device.pk)],
        )
        if agreement is Agreement.SAME and device.status == DeviceStatus.FROZEN:
            device.status = DeviceStatus.ACTIVE
        if agreement is Agreement.UNEXPLAINED and device.status == DeviceStatus.ACTIVE:
            device.status = DeviceStatus.FROZEN


class SimHands:
    """Does the steps of one course for one case."""

    def __init__(self, books: Books, case: CaseRow) -> None:
        self.case_id = case.pk
        self.device_id = case.device_id
        self._books = books
        self._command_id = case.command_id or ""
        self._lease: Lease | None = None
        self._status = case.status
        self._known_before = 0

    def do(self, step: Step) -> Any:
        """Do one step in a transaction. Raises: TaxhallError, ConstraintError."""
        with self._books.ledger.transaction():
            return getattr(self, course.name_of(type(step)))(step)

    # ---- visits to the disk ----

    def request_for(self, step: Step) -> CardRequest | None:
        """Return what a step asks of the disk; None for a step over rows."""
        build = _VISITS.get(type(step))
        if build is None:
            return None
        self._known_before = self._device.clear_counter
        steps, deadline = build(step, self._case)
        device = self._device
        return CardRequest(serial=device.serial, certificate=device.certificate, steps=tuple(steps), deadline=deadline)

    def read_answer(self, step: Step, answer: CardAnswer) -> Any:
        """Return what a step's visit brought, verified. Raises: DiskError."""
        if answer.fault is not None:
            raise error_of(answer.fault)
        if isinstance(step, course.Apply):
            return self._receipt(step, answer.results[0])
        if isinstance(step, course.Begin):
            return self._signed(ClearRequest, answer.results[0])
        status, receipt = answer.results[-2:]
        return SimReading(
            self._signed(DiskStatus, status),
            None if receipt is None else self._signed(ClearReceipt, receipt),
            self._known_before,
        )

    def _signed(self, kind: Any, data: dict[str, Any]) -> Any:
        try:
            message = kind.from_json(data)
        except (ProtocolError, KeyError, TypeError, ValueError) as error:
            raise CardNotReadError from error
        require_signed_by(self._device, message)  # type: ignore[arg-type]
        return message

    def _receipt(self, step: course.Apply, data: dict[str, Any]) -> ClearReceipt:
        try:
            receipt: ClearReceipt = self._signed(ClearReceipt, data)
        except (BadSignatureError, CardNotReadError) as error:
            raise CardOutcomeUnknownError from error
        if receipt.command_id != step.token.command_id:
            raise CardOutcomeUnknownError
        return receipt

    # ---- rows ----

    @property
    def _case(self) -> CaseRow:
        return self._books.ledger.cases[self.case_id]

    @property
    def _device(self) -> DeviceRow:
        return self._books.ledger.devices[self.device_id]

    @property
    def _command(self) -> CommandRow:
        return self._books.ledger.commands[self._command_id]

    @property
    def _fencing(self) -> int:
        if self._lease is None:
            raise LeaseLostError("no lease")
        return self._lease.fencing

    def claim(self, _step: course.Claim) -> Lease | None:
        """Take the command."""
        self._lease = self._books.claim(self._command)
        return self._lease

    def recall(self, _step: course.Recall) -> Recalled:
        """Look up what was signed before."""
        return course.recall(
            command=self._command,
            clear_counter=self._device.clear_counter,
            last_action=self._case.last_action,
            moment=self._books.clock(),
        )

    def note_reading(self, step: course.NoteReading) -> None:
        """Keep a reading."""
        self._books.record_reading(self._device, step.reading)

    def sign(self, step: course.Sign) -> ClearToken:
        """Compare, sign, store."""
        case, command, request = self._case, self._command, step.request
        if command.fencing != self._fencing or case.status not in course.READY:
            raise LeaseLostError("taken over")
        if request.report_counter != command.payload["report_counter"]:
            raise DiffersFromReviewError("report_counter")
        token = self._sign(case, command, request)
        if case.status == CaseStatus.APPROVED:
            self._books.move(case, CaseAction.COMMAND, **_NOT_WAITING)
        return token

    def _sign(self, case: CaseRow, command: CommandRow, request: ClearRequest) -> ClearToken:
        device = self._device
        tokens.require_approved(
            device=device,
            taxpayer_number=device.taxpayer_number,
            command=command,
            request=request,
            approval=approved_content(case),  # type: ignore[arg-type]
        )
        if (stored := tokens.stored_answer(command, request)) is not None:
            return stored
        draft = tokens.draft_token(command=command, request=request, moment=self._books.clock())
        tokens.require_replaceable(command, fencing=self._fencing, request=request)
        token = draft.seal(self._books.clear_key)
        command.token, command.token_digest = token.to_json(), token.digest
        return token

    def mark_sending(self, _step: course.MarkSending) -> None:
        """Note `sending`."""
        leases.begin_sending(self._command, fencing=self._fencing, moment=self._books.clock())
        self._books.move(self._case, CaseAction.SEND, attempts=self._case.attempts + 1, **_NOT_WAITING)

    def complete(self, step: course.Complete) -> None:
        """Accept the receipt."""
        case, receipt = self._case, step.receipt
        if case.command_id is None:
            raise CommandConflictError("no command")
        if case.status == CaseStatus.CLEARED:
            return
        if receipt.report_digest != case.snapshot["reviewed"]["report_digest"]:
            raise CommandConflictError("another report")
        for action in course.actions_before_proof(case.status):
            self._books.move(case, action)
        self._record_clear(receipt)
        self._books.move(case, CaseAction.CLEAR, next_attempt_at=None, **_NOT_WAITING)
        case.new_cut_off = receipt.new_cut_off
        self._books.ledger.certificates[case.pk] = receipt.digest

    def _record_clear(self, receipt: ClearReceipt) -> None:
        device, command = self._device, self._command
        require_signed_by(device, receipt)  # type: ignore[arg-type]
        if any(each.digest == receipt.digest for each in self._books.ledger.receipts.values()):
            return
        receipts.require_belongs(device, command, receipt)
        self._books.ledger.receipts[command.pk] = receipt
        receipts.move_window(device, receipt, is_main=True)
        device.status = DeviceStatus.ACTIVE
        self._books.end(command, CommandState.DONE, answer=receipt.to_json())

    def note_refusal(self, step: course.NoteRefusal) -> None:
        """The disk said no."""
        case, error = self._case, step.error
        self._books.end(self._command, CommandState.REFUSED, fencing=self._fencing, error=error)
        self._books.move(case, CaseAction.REFUSE, failure_code=error.code, failure_text=str(error.message))
        refusals = sum(each.action == CaseAction.REFUSE for each in case.transitions)
        if course.is_cured_by_a_new_token(error, refusals):
            self.retry()

    def retry(self) -> None:
        """Put the command of a refused case back."""
        self._books.end(self._command, CommandState.QUEUED)
        self._books.move(self._case, CaseAction.RETRY, failure_code="", failure_text="", next_attempt_at=None)
        self._books.rings.append(("execute", self.case_id))

    def note_doubt(self, step: course.NoteDoubt) -> None:
        """Put the sending case into doubt."""
        if self._case.status == CaseStatus.SENDING:
            self._doubt(step.error)

    def follow_lost_carrier(self, _step: course.FollowLostCarrier) -> None:
        """Put the case into doubt because a carrier vanished."""
        if self._case.status in (CaseStatus.COMMANDED, CaseStatus.SENDING):
            self._doubt(CardOutcomeUnknownError())

    def _doubt(self, error: TaxhallError) -> None:
        case = self._case
        try:
            self._books.end(self._command, CommandState.IN_DOUBT, fencing=self._fencing, error=error)
        except (LeaseLostError, CommandConflictError):
            return
        if case.status == CaseStatus.COMMANDED:
            self._books.move(case, CaseAction.SEND)
        self._books.move(case, CaseAction.DOUBT, next_attempt_at=None)
        self._books.rings.append(("reconcile", case.pk))

    def keep_waiting(self, step: course.KeepWaiting) -> None:
        """Note why nothing was sent."""
        case, wait = self._case, course.wait_after(self._case.attempts)
        try:
            self._books.end(self._command, CommandState.QUEUED, fencing=self._fencing, error=step.error, wait=wait)
        except LeaseLostError:
            return
        case.waiting_code, case.waiting_text = step.error.code, str(step.error.message)
        case.attempts += 1
        case.next_attempt_at = self._books.clock() + wait

    def go_back_to_review(self, step: course.GoBackToReview) -> None:
        """Void the decision."""
        command = self._command
        self._books.end(command, CommandState.QUEUED, fencing=self._fencing, error=step.error)
        command.state, command.lease_until = CommandState.CANCELLED, None
        command.fencing += 1
        self._books.move(
            self._case, CaseAction.REVIEW_AGAIN, command_id=None, approved_digest="", lane="officer", **_NOT_WAITING
        )

    def gain_right(self, _step: course.GainRight) -> Lease | None:
        """Gain the right to settle a doubt."""
        if self._status == CaseStatus.MANUAL:
            self._lease = Lease(self._command, self._command.fencing, CommandState.IN_DOUBT)  # type: ignore[arg-type]
        else:
            self._lease = self._books.claim(self._command)
        return self._lease

    def give_back(self, _step: course.GiveBack) -> None:
        """Put the command back untouched."""
        self._books.end(self._command, CommandState.QUEUED, fencing=self._fencing)
        self._books.rings.append(("execute", self.case_id))

    def look_again(self, step: course.LookAgain) -> None:
        """Leave the doubt as it is."""
        case, command = self._case, self._command
        if case.status not in course.IN_DOUBT:
            return
        wait = course.wait_after(case.attempts)
        if command.state == CommandState.IN_DOUBT:
            self._books.end(command, CommandState.IN_DOUBT, error=step.error, wait=wait)
        case.waiting_code, case.waiting_text = step.error.code, str(step.error.message)
        self._postpone(wait)

    def _postpone(self, wait: timedelta) -> None:
        self._case.attempts += 1
        self._case.next_attempt_at = self._books.clock() + wait

    def send_again(self, step: course.SendAgain) -> None:
        """The disk proved that the clear never ran."""
        case = self._case
        if case.status not in (CaseStatus.IN_DOUBT, CaseStatus.MANUAL):
            return
        if self._command.fencing != step.fencing:
            return
        self._books.record_reading(self._device, step.reading)
        self._books.end(self._command, CommandState.QUEUED)
        self._books.move(case, CaseAction.RESEND, next_attempt_at=None, attempts=0, **_NOT_WAITING)
        self._books.rings.append(("execute", case.pk))

    def escalate(self, _step: course.Escalate) -> None:
        """Hand the case to a person."""
        case = self._case
        if case.status != CaseStatus.IN_DOUBT:
            self._postpone(course.LONGEST_WAIT)
            return
        if self._device.status == DeviceStatus.ACTIVE:
            self._device.status = DeviceStatus.FROZEN
        self._books.end(self._command, CommandState.MANUAL, error=CardOutcomeUnknownError())
        self._books.move(case, CaseAction.ESCALATE, failure_code="clear.inconsistent", failure_text="…")


_NOT_WAITING: dict[str, Any] = {"waiting_code": "", "waiting_text": "", "waiting_since": None}


def _reading(_step: Step, case: CaseRow) -> tuple[list[dict[str, Any]], float]:
    return [{"op": "status"}, {"op": "last_clear", "group": case.group}], wire.READ_DEADLINE


def _withdrawing(step: Step, case: CaseRow) -> tuple[list[dict[str, Any]], float]:
    look, deadline = _reading(step, case)
    return [{"op": "abort_clear", "group": case.group}, *look], deadline


def _begin(_step: Step, case: CaseRow) -> tuple[list[dict[str, Any]], float]:
    bounds = {"period_start": case.period.start.isoformat(), "period_end": case.period.end.isoformat()}
    return [{"op": "begin_clear", "group": case.group, **bounds}], wire.READ_DEADLINE


def _apply(step: Any, _case: CaseRow) -> tuple[list[dict[str, Any]], float]:
    return [{"op": "apply_clear", "token": step.token.to_json()}], wire.APPLY_DEADLINE


_VISITS: dict[type[Step], Callable[[Any, CaseRow], tuple[list[dict[str, Any]], float]]] = {
    course.ReadDisk: _reading,
    course.WithdrawAndRead: _withdrawing,
    course.Begin: _begin,
    course.Apply: _apply,
}
