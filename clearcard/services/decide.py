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
from clearcard.rules import letters
from clearcard.rules import review as review_rules
from clearcard.services._cases import change_case, lock_case, move_case, require_version
from clearcard.services.approval import approve_locked_case
from clearcard.services.review import require_free
from clearcard.shapes import Letter, ReturnedItem
from clearcard.workflow import next_status
from taxhall.common import clock
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

# A decision ends the claim.
_RELEASED: dict[str, None] = {"claimed_by": None, "claimed_until": None}


@transaction.atomic
def approve_case(*, actor: User, case: ClearCardCase, version: int, digest: str, note: str = "") -> ClearCardCase:
    """Approve what the officer was shown, and queue the clear.

    Rule: the approver approves a digest (S-12); figures that moved since the hand-in must be returned,
    not approved. A special clear takes two officers: the first call records the first opinion only.
    A repeat of one's own approval returns the case and changes nothing. Raises: NotPermittedError;
    TransitionNotAllowedError; ClaimedByOtherError; CaseChangedError.
    """
    case = lock_case(case)
    if _already_approved(case, actor, digest, version):
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
            first_opinion=note.strip(),
            **_RELEASED,
        )
    approve_locked_case(case, actor=actor, note=note)
    ring_on_commit(tasks.execute_clear, case.pk)
    return case


@transaction.atomic
def return_case(
    *, actor: User, case: ClearCardCase, version: int, items: Sequence[ReturnedItem], note: str = "", digest: str = ""
) -> ClearCardCase:
    """Send the case back with the marked items, each with words for the taxpayer.

    A repeat of the same decision returns the case and changes nothing. Raises: NotPermittedError;
    TransitionNotAllowedError; ClaimedByOtherError; CaseChangedError; InvalidInputError without items or words.
    """
    case, marked = lock_case(case), [{"target": each.target, "words": each.words.strip()} for each in items]
    if _was_just(CaseAction.RETURN, case, actor, version) and (case.returned_items, case.reason_text) == (marked, note):
        return case
    _require_open(actor, case, version=version, digest=digest, action=CaseAction.RETURN)
    if not items or not all(each.words.strip() for each in items):
        words = _("请至少勾选一项，并写明需要纳税人补正什么。")
        raise InvalidInputError(words, fields={"items": [words]})
    move_case(
        case,
        CaseAction.RETURN,
        actor=actor,
        note=note,
        returned_items=marked,
        reason_text=note,
        decided_at=clock.now(),
        **_RELEASED,
    )
    _tell(case, kind="clear_returned", letter=letters.return_letter(number=case.number, items=items, note=note))
    return case


@transaction.atomic
def reject_case(
    *, actor: User, case: ClearCardCase, version: int, reason_code: str, text: str, digest: str = ""
) -> ClearCardCase:
    """Refuse the application for good, with a reason code and words.

    A repeat of the same decision returns the case and changes nothing. Raises: NotPermittedError;
    TransitionNotAllowedError; ClaimedByOtherError; CaseChangedError; InvalidInputError without reason or words.
    """
    case, written = lock_case(case), (reason_code, text.strip())
    if _was_just(CaseAction.REJECT, case, actor, version) and (case.reason_code, case.reason_text) == written:
        return case
    _require_open(actor, case, version=version, digest=digest, action=CaseAction.REJECT)
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
        **_RELEASED,
    )
    letter = letters.reject_letter(number=case.number, reason_code=reason_code, text=text)
    _tell(case, kind="clear_rejected", letter=letter)
    return case


def _require_open(actor: User, case: ClearCardCase, *, version: int, digest: str, action: CaseAction) -> None:
    require(policies.can_decide_case(actor, case), policies.why_not_decide(actor, case))
    next_status(case.status, action)
    require_free(case, actor)
    require_version(case, version=version, digest=digest or case.snapshot_digest)


def _already_approved(case: ClearCardCase, actor: User, digest: str, version: int) -> bool:
    """Whether this officer already took exactly this decision (a second click): the approval or the first opinion."""
    if not digest or digest != case.snapshot_digest:
        return False
    if case.status == CaseStatus.REVIEWING:
        return case.first_reviewer_id == actor.pk and case.version == version + 1
    return case.approved_digest == digest and case.approver_id == actor.pk


def _was_just(action: CaseAction, case: ClearCardCase, actor: User, version: int) -> bool:
    """Whether the very next thing after what the officer saw was this officer's own decision (a second click)."""
    last = case.transitions.last()
    return last is not None and (last.action, last.actor_id, case.version) == (action, actor.pk, version + 1)


def _require_figures_unmoved(case: ClearCardCase) -> None:
    now, reviewed = selectors.three_way(case), case.snapshot["reviewed"]
    if now.report_digest != reviewed["report_digest"]:
        words = _("提交之后设备重新抄报过，盘上的数据与申请内容已不一致，没有通过。")
    elif now.digest != reviewed["table_digest"]:
        words = _("提交之后台账或申报表有了变化，与申请内容已不一致，没有通过。")
    else:
        return
    raise CaseChangedError(words, next_step=_("请退回补正，由纳税人核对新数据后重新提交。"))


def _tell(case: ClearCardCase, *, kind: str, letter: Letter) -> None:
    account_services.send_notice(
        taxpayer=case.taxpayer,
        kind=kind,
        title=letter.title,
        body=letter.body,
        link=case_link(case),
        dedupe_key=f"case:{case.number}:{kind}:{case.version}",
    )
