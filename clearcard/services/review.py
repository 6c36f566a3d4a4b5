"""The automatic review and the officers' claims."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from clearcard import policies, selectors, tasks
from clearcard.choices import CaseAction, CaseStatus, Lane
from clearcard.errors import ClaimedByOtherError
from clearcard.models import CaseNote, ClearCardCase, ReviewResult
from clearcard.rules import review as review_rules
from clearcard.services._cases import change_case, lock_case, move_case, record
from clearcard.services.approval import approve_locked_case
from clearcard.shapes import RuleFinding
from clearcard.workflow import next_status
from filing import selectors as filing_selectors
from filing import services as filing_services
from taxhall.common import failpoints
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import InvalidInputError
from taxhall.common.policies import require

CLAIM_MINUTES = 30


@transaction.atomic
def review_case(*, case_id: int) -> ClearCardCase:
    """Run every review rule over a submitted case, keep each result, and choose the lane.

    Rule: green lane only when every rule passes; otherwise an officer decides, with the reasons in
    words. Running it again changes nothing.
    """
    case = lock_case(case_id)
    if case.status == CaseStatus.SUBMITTED:
        move_case(case, CaseAction.START_REVIEW, actor=None)
    if case.status != CaseStatus.REVIEWING or case.lane:
        return case
    failpoints.reach("review.before", case.pk)
    transaction.on_commit(lambda: failpoints.reach("review.after", case.pk))
    _require_comparison(case)
    findings = review_rules.run_review(selectors.review_facts(case))
    _keep(case, findings)
    if review_rules.is_green(findings):
        return _pass_green(case)
    return send_to_officer(case, reasons=review_rules.reasons_in_words(findings))


def _require_comparison(case: ClearCardCase) -> None:
    """Compare the filed return now if nobody has, or if money came or went since; another old result stands."""
    filing = selectors.filing_state(taxpayer=case.taxpayer, month=case.period)
    if filing.is_filed and (filing.run is None or filing_selectors.is_overtaken(filing.run)):
        filing_services.compare_period(actor=None, taxpayer=case.taxpayer, month=case.period)


def _pass_green(case: ClearCardCase) -> ClearCardCase:
    change_case(case, actor=None, what="lane_chosen", lane=Lane.GREEN, lane_reasons=[])
    approve_locked_case(case, actor=None, note=_("自动核对全部一致，信用等级符合自动通道条件"))
    ring_on_commit(tasks.execute_clear, case.pk)
    return case


def send_to_officer(case: ClearCardCase, *, reasons: list[str]) -> ClearCardCase:
    """Put a locked case that is in review into the officers' queue."""
    return change_case(case, actor=None, what="lane_chosen", lane=Lane.OFFICER, lane_reasons=reasons)


def _keep(case: ClearCardCase, findings: tuple[RuleFinding, ...]) -> None:
    ReviewResult.objects.bulk_create(
        ReviewResult(
            case=case,
            round=case.round,
            rule_code=each.rule_code,
            title=each.title,
            outcome=each.outcome,
            measured=each.measured,
            evidence_link=each.evidence_link,
        )
        for each in findings
    )


@transaction.atomic
def claim_case(*, actor: User, case: ClearCardCase) -> ClearCardCase:
    """Take a case from the queue for a limited time; claiming one's own again extends it.

    Raises: NotPermittedError; TransitionNotAllowedError; ClaimedByOtherError.
    """
    case = lock_case(case)
    require(policies.can_decide_case(actor, case), policies.why_not_decide(actor, case))
    next_status(case.status, CaseAction.APPROVE)
    require_free(case, actor)
    until = timezone.now() + timedelta(minutes=CLAIM_MINUTES)
    case.claimed_by, case.claimed_until = actor, until
    # Not a change of content: the version stays, so that the claimer's open page stays valid.
    case.save(update_fields=["claimed_by", "claimed_until", "updated_at"])
    record(case, action="case_claimed", actor=actor, data={"until": until.isoformat()})
    return case


@transaction.atomic
def release_case(*, actor: User, case: ClearCardCase) -> ClearCardCase:
    """Give a claimed case back to the queue; releasing twice changes nothing. Raises: ClaimedByOtherError."""
    case = lock_case(case)
    require(policies.can_decide_case(actor, case), policies.why_not_decide(actor, case))
    if case.claimed_by_id is None:
        return case
    require_free(case, actor)
    case.claimed_by, case.claimed_until = None, None
    case.save(update_fields=["claimed_by", "claimed_until", "updated_at"])
    record(case, action="case_released", actor=actor, data={})
    return case


def require_free(case: ClearCardCase, actor: User) -> None:
    """Refuse when another officer's claim is still running. Raises: ClaimedByOtherError."""
    running = case.claimed_until is not None and case.claimed_until > timezone.now()
    if running and case.claimed_by_id not in (None, actor.pk):
        raise ClaimedByOtherError(
            _("这份申请已由 %(who)s 认领，您的操作没有保存。") % {"who": case.claimed_by},
            next_step=_("请等对方释放或认领到期，或办理其他申请。"),
        )


@transaction.atomic
def add_internal_note(*, actor: User, case: ClearCardCase, text: str) -> CaseNote:
    """Write an officers' note on a case; the taxpayer never sees it. Raises: NotPermittedError; InvalidInputError."""
    case = lock_case(case)
    require(policies.can_decide_case(actor, case), policies.why_not_decide(actor, case))
    if not text.strip():
        raise InvalidInputError(_("请填写备注内容。"), fields={"text": [_("请填写备注内容。")]})
    note = CaseNote.objects.create(case=case, author=actor, text=text.strip())
    record(case, action="note_added", actor=actor, data={"note": note.pk})
    return note
