"""Handing in and taking back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from clearcard import policies, selectors, tasks
from clearcard.choices import CaseAction
from clearcard.errors import CaseNotReadyError
from clearcard.models import CaseSubmission, ClearCardCase
from clearcard.rules.digests import content_digest
from clearcard.services._cases import lock_case, move_case
from clearcard.services.prepare import NOT_YOURS
from clearcard.workflow import next_status
from taxhall.common import clock, failpoints
from taxhall.common.doorbell import ring_on_commit
from taxhall.common.errors import ConflictError
from taxhall.common.policies import require


@transaction.atomic
def submit_case(*, actor: User, case: ClearCardCase, key: str, declaration: bool) -> ClearCardCase:
    """Hand in the application with exactly what was shown, once per key.

    Rule: a repeat with the same key (double click, two tabs, back and resend) returns the same case and
    changes nothing. Raises: NotPermittedError; TransitionNotAllowedError; CaseNotReadyError with what is
    missing in `fields`; ConflictError when the key belongs to another case.
    """
    case = lock_case(case)
    require(policies.can_prepare_case(actor, case), NOT_YOURS)
    if _was_submitted(case, key):
        return case
    next_status(case.status, CaseAction.SUBMIT)
    _require_ready(case, actor=actor, declaration=declaration)
    snapshot = selectors.build_snapshot(case, actor=actor)
    digest, now = content_digest(snapshot), clock.now()
    failpoints.reach("submit.before", case.pk)
    move_case(
        case,
        CaseAction.SUBMIT,
        actor=actor,
        submit_key=key,
        submitted_by=actor,
        submitter_person=actor.person,
        submitted_at=now,
        round=case.round + 1,
        snapshot=snapshot,
        snapshot_digest=digest,
        **_FRESH_REVIEW,
    )
    CaseSubmission.objects.create(
        case=case, round=case.round, key=key, submitted_by=actor, at=now, snapshot=snapshot, digest=digest
    )
    transaction.on_commit(lambda: failpoints.reach("submit.after", case.pk))
    ring_on_commit(tasks.review_case, case.pk)
    return case


# A new hand-in voids every earlier opinion (S-12).
_FRESH_REVIEW: dict[str, Any] = {
    "lane": "",
    "lane_reasons": [],
    "claimed_by": None,
    "claimed_until": None,
    "first_reviewer": None,
    "first_reviewer_person": None,
    "first_opinion": "",
    "approver": None,
    "approver_person": None,
    "approved_digest": "",
    "decided_at": None,
    "returned_items": [],
    "reason_text": "",
    "next_attempt_at": None,
    "attempts": 0,
    "failure_code": "",
    "failure_text": "",
}


@transaction.atomic
def withdraw_case(*, actor: User, case: ClearCardCase) -> ClearCardCase:
    """Take the application back before it is decided; a repeat returns the withdrawn case.

    Raises: NotPermittedError; TransitionNotAllowedError once it is decided.
    """
    case = lock_case(case)
    require(policies.can_prepare_case(actor, case), NOT_YOURS)
    if case.status == next_status("draft", CaseAction.WITHDRAW):
        return case
    return move_case(case, CaseAction.WITHDRAW, actor=actor, claimed_by=None, claimed_until=None)


def _was_submitted(case: ClearCardCase, key: str) -> bool:
    known = CaseSubmission.objects.filter(key=key).first()
    if known is not None and known.case_id != case.pk:
        raise ConflictError(_("这个提交键已用于另一份申请。"), code="case.key_reused", status=422)
    return known is not None


def _require_ready(case: ClearCardCase, *, actor: User, declaration: bool) -> None:
    missing = selectors.missing_before_submit(case, actor=actor)
    if not declaration:
        missing["declaration"] = [_("请勾选声明，确认所填内容真实、完整。")]
    if missing:
        words = "".join(sentence for sentences in missing.values() for sentence in sentences)
        raise CaseNotReadyError(
            _("申请还不能提交，没有改动设备和税款：%(words)s") % {"words": words},
            next_step=_("请按提示处理后再提交，已填的内容都保留着。"),
            fields=missing,
        )
