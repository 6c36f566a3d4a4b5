"""The officers' decisions: approve, return for correction, reject."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from accounts.models import User
from clearcard import policies, selectors, tasks
from clearcard.choices import CaseAction, CaseStatus, RejectReason
from clearcard.errors import CaseChangedError
from clearcard.links import case_link
from clearcard.models import ClearCardCase
from clearcard.rules import review as review_rules
from clearcard.services._cases import change_case, lock_case, move_case, require_version
from clearcard.services.approval import approve_locked_case
from clearcard.services.review import require_free
from clearcard.shapes import ReturnedItem
from clearcard.workflow import next_status
from taxhall.common import clock
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require


@transaction.atomic
def approve_case(*, actor: User, case: ClearCardCase, version: int, digest: str, note: str = "") -> ClearCardCase:
    """Approve what the officer was shown, and queue the clear.

    Rule: the approver approves a digest (S-12); figures that moved since the hand-in must be returned,
    not approved. A special clear takes two officers: the first call records the first opinion only.
    A repeat of one's own approval returns the case. Raises: NotPermittedError;
    TransitionNotAllowedError; ClaimedByOtherError; CaseChangedError.
    """
    case = lock_case(case)
    if _already(case, actor, digest):
        return case
    require(not policies.why_not_approve(actor, case), policies.why_not_approve(actor, case))
    next_status(case.status, CaseAction.APPROVE)
    require_free(case, actor)
    require_version(case, version=version, digest=digest)
    _require_figures_unmoved(case)
    if review_rules.needs_second_officer(case.kind) and case.first_reviewer is None:
        return change_case(
            case,
            actor=actor,
            what="first_opinion_given",
            first_reviewer=actor,
            first_reviewer_person=actor.person,
            claimed_by=None,
            claimed_until=None,
        )
    approve_locked_case(case, actor=actor, note=note)
    ring_on_commit(tasks.execute_clear, case.pk)
    return case


@transaction.atomic
def return_case(
    *, actor: User, case: ClearCardCase, version: int, items: Sequence[ReturnedItem], note: str = "", digest: str = ""
) -> ClearCardCase:
    """Send the case back with the marked items, each with words for the taxpayer.

    Raises: NotPermittedError; TransitionNotAllowedError; ClaimedByOtherError; CaseChangedError;
    InvalidInputError without items or words.
    """
    case = _open_for_decision(actor, case, version=version, digest=digest, action=CaseAction.RETURN)
    if not items or not all(each.words.strip() for each in items):
        words = _("请至少勾选一项，并写明需要纳税人补正什么。")
        raise InvalidInputError(words, fields={"items": [words]})
    move_case(
        case,
        CaseAction.RETURN,
        actor=actor,
        note=note,
        returned_items=[{"target": each.target, "words": each.words.strip()} for each in items],
        reason_text=note,
        decided_at=clock.now(),
        claimed_by=None,
        claimed_until=None,
    )
    _tell(case, kind="clear_returned", title=_("清卡申请 %(number)s 需要补正"), body="；".join(i.words for i in items))
    return case


@transaction.atomic
def reject_case(
    *, actor: User, case: ClearCardCase, version: int, reason_code: str, text: str, digest: str = ""
) -> ClearCardCase:
    """Refuse the application for good, with a reason code and words.

    Raises: NotPermittedError; TransitionNotAllowedError; ClaimedByOtherError; CaseChangedError;
    InvalidInputError without reason or words.
    """
    case = _open_for_decision(actor, case, version=version, digest=digest, action=CaseAction.REJECT)
    missing = {}
    if reason_code not in RejectReason.values:
        missing["reason_code"] = [_("请选择驳回原因。")]
    if not text.strip():
        missing["text"] = [_("请写明驳回的具体理由和纳税人可以怎么做。")]
    if missing:
        raise InvalidInputError(_("驳回需要原因和说明，决定没有保存。"), fields=missing)
    move_case(
        case,
        CaseAction.REJECT,
        actor=actor,
        note=text.strip(),
        reason_code=reason_code,
        reason_text=text.strip(),
        decided_at=clock.now(),
        claimed_by=None,
        claimed_until=None,
    )
    _tell(case, kind="clear_rejected", title=_("清卡申请 %(number)s 被驳回"), body=text.strip())
    return case


def _open_for_decision(
    actor: User, case: ClearCardCase, *, version: int, digest: str, action: CaseAction
) -> ClearCardCase:
    locked = lock_case(case)
    require(policies.can_decide_case(actor, locked), policies.why_not_decide(actor, locked))
    next_status(locked.status, action)
    require_free(locked, actor)
    require_version(locked, version=version, digest=digest or locked.snapshot_digest)
    return locked


def _already(case: ClearCardCase, actor: User, digest: str) -> bool:
    """Whether this officer already took exactly this decision (a second click)."""
    if case.approved_digest != digest or not digest or case.approver_id != actor.pk:
        return False
    return case.status != CaseStatus.REVIEWING


def _require_figures_unmoved(case: ClearCardCase) -> None:
    if selectors.three_way(case).report_digest != case.snapshot["reviewed"]["report_digest"]:
        raise CaseChangedError(
            _("提交之后设备重新抄报过，盘上的数据与申请内容已不一致，没有通过。"),
            next_step=_("请退回补正，由纳税人核对新数据后重新提交。"),
        )


def _tell(case: ClearCardCase, *, kind: str, title: str, body: str) -> None:
    account_services.send_notice(
        taxpayer=case.taxpayer,
        kind=kind,
        title=title % {"number": case.number},
        body=body,
        link=case_link(case),
        dedupe_key=f"case:{case.number}:{kind}:{case.version}",
    )
