"""The officers' decisions: who may, over what, and what a second click or a second officer gets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.choices import Post
from accounts.models import AuditEvent, Notice
from clearcard import selectors, services
from clearcard.choices import CaseAction, CaseStatus, ClearKind, RejectReason
from clearcard.errors import CaseChangedError, ClaimedByOtherError, TransitionNotAllowedError
from clearcard.models import CaseTransition, ClearCardCase
from clearcard.shapes import ReturnedItem
from devices.choices import CommandState
from taxhall.common.errors import InvalidInputError, NotFoundError, NotPermittedError
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, OfficerPostFactory, UserFactory
from tests.factories.clearcard import reviewing_case
from tests.factories.devices import DeviceReportFactory
from tests.factories.invoicing import IssuedInvoiceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _november(freeze: Callable[[str], datetime]) -> None:
    freeze("2026-11-05 10:00")


@pytest.fixture
def case() -> ClearCardCase:
    """Return a case in the officers' lane whose report is the one that was handed in."""
    return reviewing_case()


def approve(officer: Any, case: ClearCardCase, **changes: Any) -> ClearCardCase:
    """Approve as seen."""
    seen = {"version": case.version, "digest": case.snapshot_digest} | changes
    return services.approve_case(actor=officer, case=case, **seen)


def test_approval_queues_one_command_over_the_digest(case: ClearCardCase) -> None:
    officer = OfficerFactory()
    done = approve(officer, case)
    assert (done.status, done.approver, done.approved_digest) == (CaseStatus.APPROVED, officer, case.snapshot_digest)
    assert done.command.state == CommandState.QUEUED
    assert done.command.payload["approved_digest"] == case.snapshot_digest
    assert done.command.payload["new_cut_off"] == "2026-12-15"
    assert list(CaseTransition.objects.filter(case=case).values_list("action", "actor")) == [("approve", officer.pk)]
    assert AuditEvent.objects.filter(action="clearcard.case_approve", object_id=case.pk).count() == 1
    assert Notice.objects.filter(recipient=case.taxpayer, kind="clear_approved").count() == 1


def test_a_second_click_changes_nothing(case: ClearCardCase) -> None:
    officer = OfficerFactory()
    first = approve(officer, case)
    again = approve(officer, case)
    assert (again.status, again.version, again.command_id) == (CaseStatus.APPROVED, first.version, first.command_id)


def test_a_second_click_of_a_return_or_a_refusal_changes_nothing(case: ClearCardCase) -> None:
    officer, seen = OfficerFactory(), {"case": case, "version": case.version}
    items = [ReturnedItem("explanation", "请说明")]
    first = services.return_case(actor=officer, items=items, note="", **seen)
    again = services.return_case(actor=officer, items=items, note="", **seen)
    assert (again.version, Notice.objects.filter(kind="clear_returned").count()) == (first.version, 1)
    with pytest.raises(TransitionNotAllowedError):
        services.return_case(actor=officer, items=[ReturnedItem("explanation", "别的要求")], note="", **seen)
    with pytest.raises(TransitionNotAllowedError):
        services.return_case(actor=OfficerFactory(), items=items, note="", **seen)

    other = reviewing_case()
    refusal = {"case": other, "version": other.version, "reason_code": RejectReason.OTHER, "text": "请先办理变更"}
    first = services.reject_case(actor=officer, **refusal)
    again = services.reject_case(actor=officer, **refusal)
    assert (again.version, Notice.objects.filter(kind="clear_rejected").count()) == (first.version, 1)
    assert "其他" in Notice.objects.get(kind="clear_rejected").body
    with pytest.raises(TransitionNotAllowedError):
        services.reject_case(actor=officer, **refusal | {"text": "别的理由"})


def test_two_officers_at_once_the_second_learns_what_happened(case: ClearCardCase) -> None:
    approve(OfficerFactory(), case)
    with pytest.raises(TransitionNotAllowedError):
        approve(OfficerFactory(), case)


def test_an_old_page_says_what_changed(case: ClearCardCase) -> None:
    with pytest.raises(CaseChangedError) as caught:
        approve(OfficerFactory(), case, version=case.version - 1)
    assert caught.value.status == 409
    with pytest.raises(CaseChangedError, match="重新提交过"):
        approve(OfficerFactory(), case, digest="f" * 64)


def test_a_new_report_must_be_returned_not_approved(case: ClearCardCase) -> None:
    DeviceReportFactory(device=case.device, digest="1" * 64, report_counter=2)
    with pytest.raises(CaseChangedError, match="重新抄报"):
        approve(OfficerFactory(), case)


def test_a_ledger_that_moved_must_be_returned_not_approved(case: ClearCardCase) -> None:
    IssuedInvoiceFactory(taxpayer=case.taxpayer, device=case.device, dated_on=case.period_start)
    with pytest.raises(CaseChangedError, match="台账或申报表"):
        approve(OfficerFactory(), case)


@pytest.mark.parametrize("act", ["approve", "return", "reject", "claim", "note"])
def test_who_may_not(case: ClearCardCase, act: str) -> None:
    own_company = OfficerFactory()
    MembershipFactory(user=UserFactory(person=own_company.person), taxpayer=case.taxpayer)
    strangers = [
        OfficerFactory(bureau=BureauFactory(xincheng=True)),
        OfficerFactory(post=Post.AUDITOR),
        OfficerFactory(person=case.submitted_by.person),
        own_company,
        MembershipFactory(taxpayer=case.taxpayer, finance=True).user,
    ]
    for actor in strangers:
        with pytest.raises(NotPermittedError):
            _act(act, actor, case)
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == (CaseStatus.REVIEWING, None)


def _act(act: str, actor: Any, case: ClearCardCase) -> None:
    seen = {"actor": actor, "case": case, "version": case.version}
    if act == "approve":
        services.approve_case(**seen, digest=case.snapshot_digest)
    elif act == "return":
        services.return_case(**seen, items=[ReturnedItem("explanation", "请说明")])
    elif act == "reject":
        services.reject_case(**seen, reason_code=RejectReason.OTHER, text="理由")
    elif act == "claim":
        services.claim_case(actor=actor, case=case)
    else:
        services.add_internal_note(actor=actor, case=case, text="备注")


def test_another_district_is_as_absent(case: ClearCardCase) -> None:
    stranger = OfficerFactory(bureau=BureauFactory(xincheng=True))
    with pytest.raises(NotFoundError):
        selectors.get_case(visible_to=stranger, number=case.number)
    assert not selectors.officer_queue(visible_to=stranger).exists()


def test_a_deciding_post_of_another_district_decides_nothing_here(case: ClearCardCase) -> None:
    # An auditor of this district, who sees its cases, and a reviewer elsewhere, who decides there.
    post = OfficerPostFactory(auditor=True, bureau=case.taxpayer.bureau)
    OfficerPostFactory(user=post.user, bureau=BureauFactory(xincheng=True))
    assert selectors.get_case(visible_to=post.user, number=case.number) == case
    with pytest.raises(NotPermittedError):
        approve(post.user, case)
    assert "岗位" in selectors.review_picture(case, actor=post.user).why_no_form


def test_own_company_sees_a_reason_and_no_form(case: ClearCardCase) -> None:
    officer = OfficerFactory()
    MembershipFactory(user=UserFactory(person=officer.person), taxpayer=case.taxpayer)
    picture = selectors.review_picture(case, actor=officer)
    assert picture.actions == ()
    assert "回避" in picture.why_no_form


def test_a_claim_keeps_others_out_until_it_ends(case: ClearCardCase, freeze: Callable[[str], datetime]) -> None:
    first, second = OfficerFactory(), OfficerFactory()
    services.claim_case(actor=first, case=case)
    with pytest.raises(ClaimedByOtherError):
        approve(second, case)
    with pytest.raises(ClaimedByOtherError):
        services.claim_case(actor=second, case=case)
    freeze("2026-11-05 10:31")
    assert services.claim_case(actor=second, case=case).claimed_by == second
    assert services.release_case(actor=second, case=case).claimed_by is None


def test_a_special_clear_takes_two_persons() -> None:
    case = reviewing_case(kind=ClearKind.SPECIAL)
    first, second = OfficerFactory(), OfficerFactory(post=Post.APPROVER)
    waiting = approve(first, case, note="材料齐全")
    assert (waiting.status, waiting.first_reviewer, waiting.first_opinion) == (CaseStatus.REVIEWING, first, "材料齐全")
    assert approve(first, case).version == waiting.version
    with pytest.raises(NotPermittedError, match="第二名"):
        approve(first, waiting)
    with pytest.raises(NotPermittedError, match="第二名"):
        approve(OfficerFactory(person=first.person), waiting)
    assert approve(second, waiting).status == CaseStatus.APPROVED


def test_return_marks_items_and_tells_the_taxpayer(case: ClearCardCase) -> None:
    items = [ReturnedItem("material:agent_id", "照片看不清，请重拍")]
    done = services.return_case(actor=OfficerFactory(), case=case, version=case.version, items=items)
    assert done.status == CaseStatus.RETURNED
    assert done.returned_items == [{"target": "material:agent_id", "words": "照片看不清，请重拍"}]
    letter = Notice.objects.get(kind="clear_returned").body
    assert letter == "请补正以下 1 项后重新提交：1. 经办人身份证复印件：照片看不清，请重拍。"
    assert selectors.status_words(done).word == "待补正"


def test_return_without_words_is_refused(case: ClearCardCase) -> None:
    with pytest.raises(InvalidInputError):
        services.return_case(actor=OfficerFactory(), case=case, version=case.version, items=[])
    case.refresh_from_db()
    assert case.status == CaseStatus.REVIEWING


def test_reject_needs_reason_and_words_and_is_final(case: ClearCardCase) -> None:
    officer = OfficerFactory()
    with pytest.raises(InvalidInputError) as caught:
        services.reject_case(actor=officer, case=case, version=case.version, reason_code="", text=" ")
    assert set(caught.value.fields) == {"reason_code", "text"}
    done = services.reject_case(
        actor=officer, case=case, version=case.version, reason_code=RejectReason.OTHER, text="请先办理变更"
    )
    assert done.status == CaseStatus.REJECTED
    assert selectors.status_words(done).word == "未清卡"
    assert selectors.taxpayer_actions(done, done.submitted_by) == ()


def test_views_of_the_queue(case: ClearCardCase) -> None:
    officer = OfficerFactory()
    assert selectors.queue_counts(visible_to=officer) == {
        "open": 1, "unclaimed": 1, "mine": 0, "special": 0, "exceptions": 0,
    }  # fmt: skip
    services.claim_case(actor=officer, case=case)
    assert [each.pk for each in selectors.officer_queue(visible_to=officer, view="mine")] == [case.pk]
    approve(officer, case)
    assert [each.pk for each in selectors.officer_queue(visible_to=officer, view="done")] == [case.pk]


def test_actions_offered_are_those_the_table_and_the_policies_allow(case: ClearCardCase) -> None:
    clerk = MembershipFactory(taxpayer=case.taxpayer)
    issuer = MembershipFactory(taxpayer=case.taxpayer, issuer=True)
    assert selectors.taxpayer_actions(case, clerk.user) == (CaseAction.WITHDRAW,)
    assert selectors.taxpayer_actions(case, issuer.user) == ()
    assert selectors.officer_actions(case, OfficerFactory()) == (
        CaseAction.APPROVE, CaseAction.RETURN, CaseAction.REJECT,
    )  # fmt: skip
