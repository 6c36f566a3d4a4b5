"""Mistakes that somebody could make in the clear, each as a change of one decision; the simulation must find all.

Every bug takes pytest's monkeypatch and breaks the code that services and simulation share, or, where the
mistake would be in a transaction of the services, the simulation's mirror of it.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from clearcard.choices import CaseAction, CaseStatus
from clearcard.rules import course
from clearcard.rules.doubt import Verdict
from devices.choices import CommandState
from devices.errors import CardRefusedError, CommandConflictError, LeaseLostError
from devices.rules import leases, receipts, tokens
from devices.rules.receipts import Agreement
from taxhall.simulation import hands as sim
from taxhall.simulation.hands import SimHands
from taxhall.simulation.world import World

Patch = pytest.MonkeyPatch
Bug = Callable[[Patch], None]


def nothing(*_args: Any, **_kwargs: Any) -> None:
    """Check nothing."""


def rewritten(way: course.Course, change: Callable[[course.Step], course.Step]) -> course.Course:
    """Follow a course with some of its steps changed."""
    step = next(way)
    while True:
        try:
            answer = yield change(step)
        except Exception as error:  # noqa: BLE001  (handed on as it came)
            try:
                step = way.throw(error)
            except StopIteration:
                return
        else:
            try:
                step = way.send(answer)
            except StopIteration:
                return


def rewrite(patch: Patch, name: str, change: Callable[[course.Step], course.Step]) -> None:
    """Change the steps of one of the two courses."""
    original = getattr(course, name)
    patch.setattr(course, name, lambda: rewritten(original(), change))


def booked_without_receipt(hands: SimHands) -> None:
    """Call the case cleared, on no proof at all."""
    case = hands._case
    for action in (*course.actions_before_proof(case.status), CaseAction.CLEAR):
        hands._books.move(case, action)
    hands._books.end(hands._command, CommandState.DONE)


def retry_on_error(patch: Patch) -> None:
    """After any error the clear is simply tried again."""

    def again(hands: SimHands, step: course.NoteDoubt) -> None:
        if hands._case.status == CaseStatus.SENDING:
            hands._books.end(hands._command, CommandState.REFUSED, error=step.error)
            hands._books.move(hands._case, CaseAction.REFUSE)
            hands.retry()

    patch.setattr(SimHands, "note_doubt", again)


def trust_code_zero(patch: Patch) -> None:
    """A transport error with code 0 ("Command successful") is taken for success."""
    patch.setattr(SimHands, "note_doubt", lambda hands, _step: booked_without_receipt(hands))


def call_a_lost_answer_a_failure(patch: Patch) -> None:
    """A lost answer is told as 未清卡."""
    refused = CardRefusedError("disk.token_invalid")
    rewrite(
        patch,
        "clear_course",
        lambda step: course.NoteRefusal(refused) if isinstance(step, course.NoteDoubt) else step,
    )


def call_a_refusal_done(patch: Patch) -> None:
    """A refusal is taken for "already done"."""
    patch.setattr(SimHands, "note_refusal", lambda hands, _step: booked_without_receipt(hands))


def skip_fencing(patch: Patch) -> None:
    """A carrier that lost its lease may write as if it held it."""
    patch.setattr(leases, "require_held", nothing)


def send_without_a_lease(patch: Patch) -> None:
    """Whoever has a token may send it, whatever became of the command meanwhile."""

    def begin(row: Any, *, fencing: int, moment: Any) -> None:
        row.state, row.sent_at = CommandState.SENDING, moment

    patch.setattr(leases, "begin_sending", begin)


def forget_that_leases_end(patch: Patch) -> None:
    """A command of a dead carrier is never given out again."""
    original = leases.is_claimable
    patch.setattr(leases, "is_claimable", lambda row, moment: row.lease_until is None and original(row, moment))


def look_at_the_counter_alone(patch: Patch) -> None:
    """A counter that moved proves the clear, whoever made it move."""

    def judge(sent: Any, reading: Any) -> Verdict:
        return Verdict.NEVER_RAN if reading.status.clear_counter == sent.expected_counter else Verdict.RAN

    original = SimHands.complete

    def complete(hands: SimHands, step: course.Complete) -> None:
        if step.receipt is not None and step.receipt.command_id == hands._command_id:
            original(hands, step)
        else:
            booked_without_receipt(hands)

    patch.setattr(course, "judge_reading", judge)
    patch.setattr(SimHands, "complete", complete)


def accept_any_receipt(patch: Patch) -> None:
    """A receipt counts whichever command it names."""

    def judge(_sent: Any, reading: Any) -> Verdict:
        return Verdict.NEVER_RAN if reading.last_receipt is None else Verdict.RAN

    patch.setattr(course, "judge_reading", judge)
    patch.setattr(receipts, "require_belongs", nothing)


def resend_without_reading(patch: Patch) -> None:
    """A doubt is settled by sending again."""

    def blind(hands: SimHands, _step: course.WithdrawAndRead) -> Any:
        status = SimpleNamespace(clear_counter=hands._device.clear_counter)
        return SimpleNamespace(status=status, last_receipt=None, known_before=status.clear_counter, has_read_back=True)

    rewrite(
        patch,
        "settle_course",
        lambda step: _BlindReading() if isinstance(step, course.WithdrawAndRead) else step,
    )
    patch.setattr(SimHands, "blind", blind, raising=False)
    patch.setattr(course, "name_of", _named(course.name_of))


class _BlindReading(course.WithdrawAndRead):
    """A reading that nobody took."""


def _named(original: Callable[[type[course.Step]], str]) -> Callable[[type[course.Step]], str]:
    return lambda step: "blind" if step is _BlindReading else original(step)


def sign_twice(patch: Patch) -> None:
    """A carrier that was overtaken still signs, over the token of the one that overtook it."""

    def sign(hands: SimHands, step: course.Sign) -> Any:
        case = hands._case
        if case.status not in course.READY and case.status not in course.IN_DOUBT:
            raise LeaseLostError("too late")
        token = hands._sign(case, hands._command, step.request)
        if case.status == CaseStatus.APPROVED:
            hands._books.move(case, CaseAction.COMMAND)
        return token

    patch.setattr(SimHands, "sign", sign)
    patch.setattr(tokens, "require_replaceable", nothing)


def clear_without_approval(patch: Patch) -> None:
    """The token is signed for whatever the disk asks."""
    patch.setattr(tokens, "require_approved", nothing)


def lose_the_receipt(patch: Patch) -> None:
    """The last receipt is not read back."""
    patch.setattr(sim, "_reading", lambda _step, _case: ([{"op": "status"}, {"op": "status"}], 5.0))
    original = SimHands._signed

    def signed(hands: SimHands, kind: Any, data: dict[str, Any]) -> Any:
        return None if kind is sim.ClearReceipt and "cleared_at" not in data else original(hands, kind, data)

    patch.setattr(SimHands, "_signed", signed)
    patch.setitem(sim._VISITS, course.ReadDisk, sim._reading)


def believe_the_carrier(patch: Patch) -> None:
    """Receipts are believed without their signature."""
    patch.setattr(sim, "require_signed_by", nothing)


def move_the_lock_date_back(patch: Patch) -> None:
    """The clear writes the old window's date."""
    original = receipts.move_window

    def back(device: Any, receipt: Any, *, is_main: bool) -> None:
        original(device, receipt, is_main=is_main)
        device.issue_allowed_until = receipt.period_start

    patch.setattr(receipts, "move_window", back)


def leave_the_old_request_open(patch: Patch) -> None:
    """A doubt is settled by reading alone: a carrier that wakes later still holds a good token."""
    patch.setitem(sim._VISITS, course.WithdrawAndRead, sim._reading)


def forget_doubts(patch: Patch) -> None:
    """The sweeper rings for what is to be sent only."""
    original = World.sweep

    def sweep(world: World) -> None:
        original(world)
        world.broker = [each for each in world.broker if each[0] == "execute"]

    patch.setattr(World, "sweep", sweep)


def hold_an_old_look_against_the_disk(patch: Patch) -> None:
    """A look that comes in after the clear freezes the disk."""
    original = receipts.compare_counter

    def compare(*args: Any, **kwargs: Any) -> Agreement:
        found = original(*args, **kwargs)
        return Agreement.UNEXPLAINED if found is Agreement.OLD_NEWS else found

    patch.setattr(receipts, "compare_counter", compare)


def settle_what_is_no_doubt(patch: Patch) -> None:
    """A late bell for a doubt treats a command that waits as one that was sent."""

    def anyway(hands: SimHands, _step: course.GiveBack) -> None:
        if hands._case.status == CaseStatus.COMMANDED:
            hands._books.move(hands._case, CaseAction.SEND)

    patch.setattr(SimHands, "give_back", anyway)


def forget_what_the_backup_did_not_know(patch: Patch) -> None:
    """A receipt without a stored token is no proof."""

    def strict(_device: Any, command: Any, receipt: Any) -> None:
        if receipt.token_digest != command.token_digest:
            raise CommandConflictError("another token")

    patch.setattr(receipts, "require_belongs", strict)


BUGS: tuple[Bug, ...] = (
    retry_on_error,
    trust_code_zero,
    call_a_lost_answer_a_failure,
    call_a_refusal_done,
    skip_fencing,
    send_without_a_lease,
    forget_that_leases_end,
    look_at_the_counter_alone,
    accept_any_receipt,
    resend_without_reading,
    sign_twice,
    clear_without_approval,
    lose_the_receipt,
    believe_the_carrier,
    move_the_lock_date_back,
    leave_the_old_request_open,
    forget_doubts,
    hold_an_old_look_against_the_disk,
    settle_what_is_no_doubt,
    forget_what_the_backup_did_not_know,
)
