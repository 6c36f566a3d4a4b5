"""Handing a case on from one officer to another of the district (转交)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from clearcard import policies
from clearcard.choices import CaseAction
from clearcard.links import review_link
from clearcard.models import CaseHandover, ClearCardCase
from clearcard.services._cases import lock_case, record
from clearcard.workflow import next_status
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

# Long enough to be seen on the receiver's desk; afterwards anybody of the district may take the case.
HELD_HOURS = 4


@transaction.atomic
def transfer_case(*, actor: User, case: ClearCardCase, receiver: User | None, reason: str) -> ClearCardCase:
    """Hand a case that waits for a decision to another officer, with the reason, and tell the receiver.

    Rule: only who holds the case may hand it on, or the head of post; never to oneself, never to one who
    could not decide it. A repeat of the same transfer changes nothing.
    Raises: NotPermittedError; TransitionNotAllowedError; InvalidInputError without receiver or reason.
    """
    case, words, now = lock_case(case), reason.strip(), timezone.now()
    if _was_just(case, actor, receiver, words):
        return case
    why_not = policies.why_not_transfer(actor, case, now)
    require(not why_not, why_not)
    next_status(case.status, CaseAction.APPROVE)
    giver = case.claimed_by if policies.is_held(case, now) else None
    receiver = _checked(actor, case, giver, receiver, words)
    case.claimed_by, case.claimed_until = receiver, now + timedelta(hours=HELD_HOURS)
    # Like a claim, no change of content: open pages of the case stay valid.
    case.save(update_fields=["claimed_by", "claimed_until", "updated_at"])
    handover = CaseHandover.objects.create(case=case, actor=actor, giver=giver, receiver=receiver, reason=words)
    known = {"giver": giver.pk if giver else None, "receiver": receiver.pk, "reason": words}
    record(case, action="case_transferred", actor=actor, data=known)
    account_services.send_staff_notice(
        officers=[receiver],
        kind="case_transferred",
        title=_("%(who)s 把清卡申请 %(number)s 转交给您") % {"who": actor, "number": case.number},
        body=_("原因：%(reason)s") % {"reason": words},
        link=review_link(case),
        dedupe_key=f"handover:{handover.pk}",
    )
    return case


def _checked(actor: User, case: ClearCardCase, giver: User | None, receiver: User | None, words: str) -> User:
    wrong = {}
    if receiver is None:
        wrong["receiver"] = [_("请选择接收人。")]
    elif reason := policies.why_not_receive(receiver, case, actor=actor, giver=giver):
        wrong["receiver"] = [reason]
    if not words:
        wrong["reason"] = [_("请写明转交的原因，接收人会看到。")]
    if receiver is None or wrong:
        raise InvalidInputError(_("转交没有完成，申请仍在原处。"), fields=wrong)
    return receiver


def _was_just(case: ClearCardCase, actor: User, receiver: User | None, words: str) -> bool:
    """Whether this officer already did exactly this (a second click)."""
    last = case.handovers.last()
    if last is None or receiver is None or case.claimed_by_id != receiver.pk:
        return False
    return (last.actor_id, last.receiver_id, last.reason) == (actor.pk, receiver.pk, words)
