"""The clear-card workflow: one frozen table, two questions, one drawing.

Buttons, the API's actions, the console's choices, the database trigger and the diagram in the
documentation all come from TRANSITIONS.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from clearcard.choices import CaseAction, CaseStatus
from clearcard.errors import TransitionNotAllowedError

S = CaseStatus
A = CaseAction


@dataclass(frozen=True)
class Transition:
    """One way on: the action, where it may start and where it ends."""

    action: CaseAction
    sources: tuple[CaseStatus, ...]
    target: CaseStatus

    @property
    def label(self) -> str:
        """The action in words."""
        return str(self.action.label)


TRANSITIONS: tuple[Transition, ...] = (
    Transition(A.SUBMIT, (S.DRAFT, S.RETURNED), S.SUBMITTED),
    Transition(A.WITHDRAW, (S.DRAFT, S.SUBMITTED, S.REVIEWING, S.RETURNED), S.WITHDRAWN),
    Transition(A.START_REVIEW, (S.SUBMITTED,), S.REVIEWING),
    Transition(A.APPROVE, (S.REVIEWING,), S.APPROVED),
    Transition(A.RETURN, (S.REVIEWING,), S.RETURNED),
    Transition(A.REJECT, (S.REVIEWING,), S.REJECTED),
    # The disk differs from what was reviewed; nothing was sent, so the decision is taken again.
    Transition(A.REVIEW_AGAIN, (S.APPROVED, S.COMMANDED), S.REVIEWING),
    Transition(A.COMMAND, (S.APPROVED,), S.COMMANDED),
    Transition(A.SEND, (S.COMMANDED,), S.SENDING),
    Transition(A.REFUSE, (S.SENDING,), S.REFUSED),
    Transition(A.RETRY, (S.REFUSED,), S.COMMANDED),
    Transition(A.DOUBT, (S.SENDING,), S.IN_DOUBT),
    # Only a card read or a verified receipt leaves a doubt; a person's doubt (manual) no less.
    Transition(A.RESEND, (S.IN_DOUBT, S.MANUAL), S.COMMANDED),
    Transition(A.ESCALATE, (S.IN_DOUBT,), S.MANUAL),
    # The disk is the truth: its verified receipt ends a case even where a carrier had told of a refusal.
    Transition(A.CLEAR, (S.SENDING, S.IN_DOUBT, S.MANUAL, S.REFUSED), S.CLEARED),
)


def next_status(status: CaseStatus | str, action: CaseAction | str) -> CaseStatus:
    """Return where the action leads from the status.

    Raises: TransitionNotAllowedError when the table has no such way.
    """
    for transition in TRANSITIONS:
        if transition.action == action and status in transition.sources:
            return transition.target
    raise TransitionNotAllowedError(
        _("申请当前为“%(status)s”，不能%(action)s。")
        % {"status": CaseStatus(status).label, "action": CaseAction(action).label},
        next_step=_("请刷新页面查看最新进度。"),
    )


def available_actions(status: CaseStatus | str) -> tuple[CaseAction, ...]:
    """Return the actions the table allows from the status, in its order."""
    return tuple(each.action for each in TRANSITIONS if status in each.sources)


def status_pairs() -> tuple[tuple[str, str], ...]:
    """Return every allowed (source, target), sorted; the database trigger holds the same list."""
    return tuple(sorted({(source.value, each.target.value) for each in TRANSITIONS for source in each.sources}))


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {S.DRAFT.value}"]
    for each in TRANSITIONS:
        lines += [f"    {source.value} --> {each.target.value}: {each.action.value}" for source in each.sources]
    lines += [f"    {each.value} --> [*]" for each in (S.CLEARED, S.REJECTED, S.WITHDRAWN)]
    return "\n".join(lines)
