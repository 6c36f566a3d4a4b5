"""The course of a clear: what is done next, given what came of the step before.

Each course is a generator: it yields the next step, is sent that step's result, and has the step's error thrown
into it. It knows neither rows nor disks, so the services (`clearcard/services/hands.py`) and the simulation
(`taxhall/simulation`) follow the very same lines, each with hands of its own.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clearcard.choices import CaseAction, CaseStatus
from clearcard.rules.doubt import DiskWord, SentClear, Verdict, judge
from devices.errors import (
    CardRefusedError,
    CommandConflictError,
    DeviceUnusableError,
    DiffersFromReviewError,
    KeyChangedError,
    LeaseLostError,
    SignerNotHereError,
)
from devices.protocol.messages import ClearReceipt, ClearRequest, ClearToken
from taxhall.common.errors import TaxhallError

READY = (CaseStatus.APPROVED, CaseStatus.COMMANDED)
IN_DOUBT = (CaseStatus.SENDING, CaseStatus.IN_DOUBT, CaseStatus.MANUAL)
SENDING_MARGIN = timedelta(seconds=30)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(seconds=300)
# Refusals of BEGIN_CLEAR that mean: the disk is not in the state that was reviewed.
DIFFERENCES = frozenset(
    {"disk.not_reported", "disk.nothing_to_clear", "disk.already_cleared", "disk.period_open", "disk.other_company"}
)
# Refusals that a fresh token cures; the hall asks again by itself.
CURABLE = frozenset({"disk.token_expired", "disk.token_stale", "disk.token_key_revoked"})
CURABLE_TRIES = 3
# After these the disk takes the stored token no more: it refused it, or dropped the request that it answers.
SPENDING = (CaseAction.RETRY, CaseAction.RESEND)


@dataclass(frozen=True)
class Step:
    """One thing to do, each in its own transaction or its own visit to the disk."""


@dataclass(frozen=True)
class Claim(Step):
    """Take the command; gives a lease, or None when it is not to be had."""


@dataclass(frozen=True)
class ReadDisk(Step):
    """Read the disk; gives a reading."""


@dataclass(frozen=True)
class WithdrawAndRead(Step):
    """Make every token that was signed so far worthless to the disk, then read it; gives a reading."""


@dataclass(frozen=True)
class Recall(Step):
    """Look up what was signed before; gives `Recalled`."""


@dataclass(frozen=True)
class NoteReading(Step):
    """Keep a reading."""

    reading: Any


@dataclass(frozen=True)
class Begin(Step):
    """Let the disk ask to be cleared; gives its signed request."""


@dataclass(frozen=True)
class Sign(Step):
    """Compare the request with what was approved, sign and store the token; gives it."""

    request: ClearRequest


@dataclass(frozen=True)
class MarkSending(Step):
    """Note that from now on the disk may change, if the hall still signs with the token's key."""

    token: ClearToken


@dataclass(frozen=True)
class Apply(Step):
    """Hand the token to the disk; gives its verified receipt."""

    token: ClearToken


@dataclass(frozen=True)
class Complete(Step):
    """Accept the receipt: counter, window, certificate, notice and status at once."""

    receipt: ClearReceipt


@dataclass(frozen=True)
class NoteRefusal(Step):
    """The disk said no to the token and nothing on it changed."""

    error: CardRefusedError


@dataclass(frozen=True)
class NoteDoubt(Step):
    """Nobody knows whether the disk acted."""

    error: TaxhallError


@dataclass(frozen=True)
class FollowLostCarrier(Step):
    """The command came back as doubtful; a case that does not say so yet follows it."""


@dataclass(frozen=True)
class KeepWaiting(Step):
    """Nothing was sent; note why, give the command back, look again later."""

    error: TaxhallError


@dataclass(frozen=True)
class GoBackToReview(Step):
    """Nothing was sent and the disk is not what was reviewed: the decision is taken again."""

    error: TaxhallError


@dataclass(frozen=True)
class GainRight(Step):
    """Gain the right to settle a doubt; gives a lease, or None while a carrier holds the command."""


@dataclass(frozen=True)
class GiveBack(Step):
    """There is no doubt any more: the command that was taken goes back to the queue untouched."""


@dataclass(frozen=True)
class LookAgain(Step):
    """The disk could not be read; nothing is known that was not known before."""

    error: TaxhallError


@dataclass(frozen=True)
class SendAgain(Step):
    """The disk proved that the clear never ran: give the command back to the queue."""

    reading: Any
    fencing: int


@dataclass(frozen=True)
class Escalate(Step):
    """Counter and receipt contradict the ledger, or cannot be read: freeze the disk and hand the case to a person."""

    can_be_read: bool = True


@dataclass(frozen=True)
class Recalled:
    """What the ledger knows: the clear, the stored token, whether the disk takes it no more, and the time."""

    sent: SentClear
    token: ClearToken | None
    is_spent: bool
    moment: datetime


Course = Generator[Step, Any, None]
STEPS: tuple[type[Step], ...] = tuple(Step.__subclasses__())


def name_of(step: type[Step]) -> str:
    """Return a step's name as it stands in places (failpoints) and logs."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", step.__name__).lower()


def clear_course() -> Course:
    """Bring an approved or commanded case one way further.

    (a) claim, read, ask the disk, compare, sign; (b) note `sending`, then send: from here on only the disk's
    own word counts; (c) store the receipt, or the refusal, or the doubt.
    """
    lease = yield Claim()
    if lease is None:
        return
    if lease.must_read_first:
        # The command row knows more than the case: bytes were sent by someone who vanished.
        yield FollowLostCarrier()
        return
    try:
        token = yield from _prepare()
    except (DiffersFromReviewError, CardRefusedError) as error:
        yield (GoBackToReview(error) if _is_difference(error) else KeepWaiting(error))
    except LeaseLostError:
        return
    except TaxhallError as error:
        yield KeepWaiting(error)
    else:
        if token is not None:
            yield from _send(token)


def _prepare() -> Generator[Step, Any, ClearToken | None]:
    """Step (a). Return the token to send, or None when the disk is already ahead of the hall."""
    reading = yield ReadDisk()
    stored: Recalled = yield Recall()
    verdict = judge_reading(stored.sent, reading)
    if verdict is Verdict.RAN:
        # A database older than the disk: its receipt is the proof, whatever the ledger has forgotten.
        yield Complete(reading.last_receipt)
        return None
    yield NoteReading(reading)
    if verdict is Verdict.INCONSISTENT:
        raise DeviceUnusableError("disk.frozen")
    if stored.token is not None and may_send_again(stored):
        return stored.token
    request = yield Begin()
    token: ClearToken = yield Sign(request)
    return token


def _send(token: ClearToken) -> Course:
    """Steps (b) and (c)."""
    try:
        yield MarkSending(token)
    except (LeaseLostError, CommandConflictError):
        return
    except (KeyChangedError, SignerNotHereError) as error:
        yield KeepWaiting(error)
        return
    try:
        receipt = yield Apply(token)
    except CardRefusedError as error:
        yield NoteRefusal(error)
        return
    except TaxhallError as error:
        yield NoteDoubt(error)
        return
    try:
        yield Complete(receipt)
    except CommandConflictError as error:
        # The disk answered something the ledger cannot take: read it before anything else.
        yield NoteDoubt(error)


def settle_course() -> Course:
    """Read the disk and settle a doubt by its own word: cleared, sent again, or handed to a person (R-13).

    A carrier that only seems dead may still hold the token and send it after the look. So the disk drops its
    open request first, in the same visit: what has not run by then can never run.
    """
    lease = yield GainRight()
    if lease is None:
        return
    if not lease.must_read_first:
        # It was refused, or settled by somebody else, since the bell was rung.
        yield GiveBack()
        return
    yield FollowLostCarrier()
    try:
        reading = yield WithdrawAndRead()
    except TaxhallError as error:
        yield LookAgain(error)
        return
    if not reading.has_read_back:
        # A counter alone says that something ran, or nothing yet; whose it was a person has to find out.
        yield Escalate(can_be_read=False)
        return
    stored: Recalled = yield Recall()
    verdict = judge_reading(stored.sent, reading)
    if verdict is Verdict.NEVER_RAN:
        yield SendAgain(reading, lease.fencing)
        return
    if verdict is Verdict.RAN:
        try:
            yield Complete(reading.last_receipt)
        except CommandConflictError:
            yield Escalate()
        return
    yield Escalate()


def judge_reading(sent: SentClear, reading: Any) -> Verdict:
    """Decide by counter and verified receipt what became of the clear."""
    receipt: ClearReceipt | None = reading.last_receipt
    word = DiskWord(clear_counter=reading.status.clear_counter)
    if receipt is not None:
        word = DiskWord(
            clear_counter=reading.status.clear_counter,
            receipt_command_id=receipt.command_id,
            receipt_report_digest=receipt.report_digest,
            receipt_counter_after=receipt.clear_counter_after,
        )
    return judge(sent, word)


def recall(*, command: Any, clear_counter: int, last_action: str | None, moment: datetime) -> Recalled:
    """Put together what the rows know of a clear; without a token the ledger's own counter is expected."""
    token = None if command.token is None else ClearToken.from_json(command.token)
    sent = SentClear(
        command_id=str(command.pk),
        expected_counter=clear_counter if token is None else token.expected_clear_counter,
        report_digest=command.payload["report_digest"],
    )
    return Recalled(sent, token, last_action in SPENDING, moment)


def may_send_again(stored: Recalled) -> bool:
    """Say whether the stored token is still good: not refused or withdrawn, and not about to expire."""
    if stored.token is None or stored.is_spent:
        return False
    return stored.token.expires_at > stored.moment + SENDING_MARGIN


def wait_after(attempts: int) -> timedelta:
    """Return how long nothing is tried after so many attempts that came to nothing."""
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts, 5)))


def actions_before_proof(status: str) -> tuple[CaseAction, ...]:
    """Return the steps that a receipt proves were taken, though a database that was set back forgot them."""
    forgotten = {
        CaseStatus.APPROVED: (CaseAction.COMMAND, CaseAction.SEND),
        CaseStatus.COMMANDED: (CaseAction.SEND,),
    }
    return forgotten.get(CaseStatus(status), ())


def is_cured_by_a_new_token(error: TaxhallError, refusals: int) -> bool:
    """Say whether the hall asks again by itself after so many refusals."""
    return error.code in CURABLE and refusals <= CURABLE_TRIES


def _is_difference(error: TaxhallError) -> bool:
    return isinstance(error, DiffersFromReviewError) or error.code in DIFFERENCES
