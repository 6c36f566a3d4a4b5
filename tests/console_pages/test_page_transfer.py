"""Handing an application on to another officer of the district, with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import Post
from accounts.models import AuditEvent, StaffNotice, User
from clearcard import services
from clearcard.choices import ClearKind, RejectReason
from clearcard.models import CaseHandover, ClearCardCase
from tests.console_pages.cases import address, words_of
from tests.console_pages.people import assert_absent, assert_closed, assert_unchanged, enter
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, UserFactory
from tests.factories.clearcard import reviewing_case
from tests.harness.clients import HallClient

REASON = "下午外出，请接手"


@pytest.fixture
def colleague(case: ClearCardCase) -> User:
    """Return another reviewer of the district."""
    return OfficerFactory(display_name="钱接手")


def to(receiver: User, reason: str = REASON) -> dict[str, Any]:
    """Return what is filled in."""
    return {"receiver": receiver.pk, "reason": reason}


def holder_of(case: ClearCardCase) -> Any:
    """Return who holds the application now."""
    return ClearCardCase.objects.get(pk=case.pk).claimed_by


def test_the_holder_hands_it_on_and_the_receiver_is_told(
    holder: HallClient, case: ClearCardCase, colleague: User
) -> None:
    words = words_of(holder.post(address("transfer", case), to(colleague), follow=True))
    assert "已转交" in words
    assert "钱接手，有效至 14:00" in words
    assert f"转交给 {colleague}" in words
    assert REASON in words
    desk = words_of(HallClient().enter_as_officer(colleague).get(reverse("admin:index")))
    assert f"{holder.user} 把清卡申请 {case.number} 转交给您" in desk
    event = AuditEvent.objects.get(action="clearcard.case_transferred")
    assert (event.actor, event.data["receiver"], event.data["reason"]) == (holder.user, colleague.pk, REASON)


def test_opening_the_message_leads_to_the_application_and_takes_it_off_the_desk(
    holder: HallClient, case: ClearCardCase, colleague: User
) -> None:
    holder.post(address("transfer", case), to(colleague))
    receiver = HallClient().enter_as_officer(colleague)
    notice = StaffNotice.objects.get(recipient=colleague)
    answer = receiver.post(reverse("admin:notice-open", args=[notice.pk]))
    assert answer["Location"] == address("review", case)
    assert "给您的消息" not in words_of(receiver.get(reverse("admin:index")))
    assert holder.post(reverse("admin:notice-open", args=[notice.pk])).status_code == 404


def test_all_messages_are_taken_off_the_desk_at_once(holder: HallClient, case: ClearCardCase, colleague: User) -> None:
    holder.post(address("transfer", case), to(colleague))
    HallClient().enter_as_officer(colleague).post(reverse("admin:notices-read"))
    assert StaffNotice.objects.get(recipient=colleague).read_at is not None


def test_a_second_click_changes_nothing(holder: HallClient, case: ClearCardCase, colleague: User) -> None:
    for _ in range(2):
        assert holder.post(address("transfer", case), to(colleague)).status_code == 302
    assert CaseHandover.objects.count() == 1
    assert StaffNotice.objects.count() == 1


def test_the_head_of_post_hands_on_what_another_holds(holder: HallClient, case: ClearCardCase, colleague: User) -> None:
    head = enter(post=Post.HEAD)
    assert head.post(address("transfer", case), to(colleague)).status_code == 302
    assert holder_of(case) == colleague
    assert CaseHandover.objects.get().giver == holder.user


def test_the_head_hands_out_what_nobody_holds_but_decides_nothing(case: ClearCardCase, colleague: User) -> None:
    head = enter(post=Post.HEAD)
    assert "认领这份申请" not in words_of(head.get(address("review", case)))
    assert head.post(address("transfer", case), to(colleague)).status_code == 302
    assert holder_of(case) == colleague


def test_who_does_not_hold_it_may_not_hand_it_on(officer: HallClient, case: ClearCardCase, colleague: User) -> None:
    assert "转交其他人员" not in words_of(officer.get(address("review", case)))
    answer = officer.post(address("transfer", case), to(colleague))
    assert answer.status_code == 403
    words = words_of(answer)
    assert "只有认领人或岗位负责人可以转交" in words
    assert REASON in words
    assert_unchanged(case)


def test_a_head_who_serves_the_company_may_not(case: ClearCardCase, colleague: User) -> None:
    head = OfficerFactory(post=Post.HEAD)
    MembershipFactory(user=UserFactory(person=head.person), taxpayer=case.taxpayer)
    assert HallClient().enter_as_officer(head).post(address("transfer", case), to(colleague)).status_code == 403
    assert_unchanged(case)


def test_never_to_oneself(holder: HallClient, case: ClearCardCase, colleague: User) -> None:
    twin = OfficerFactory(person=holder.user.person)
    for receiver in (holder.user, twin):
        answer = holder.post(address("transfer", case), to(receiver))
        assert answer.status_code == 422
        assert REASON in words_of(answer)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseHandover.objects.create(case=case, actor=colleague, receiver=colleague, reason="x")
    assert holder_of(case) == holder.user


def test_only_to_somebody_who_could_decide_it(holder: HallClient, case: ClearCardCase) -> None:
    own = OfficerFactory()
    MembershipFactory(user=UserFactory(person=own.person), taxpayer=case.taxpayer)
    unfit = [
        OfficerFactory(bureau=BureauFactory(xincheng=True)),
        OfficerFactory(post=Post.AUDITOR),
        OfficerFactory(person=case.submitted_by.person),
        own,
    ]
    page = holder.get(address("review", case)).content.decode()
    for receiver in unfit:
        assert f'<option value="{receiver.pk}"' not in page
        assert "请选择接收人" in words_of(holder.post(address("transfer", case), to(receiver)))
    assert holder_of(case) == holder.user


def test_the_first_of_two_officers_does_not_get_it_back(november: object, db: None) -> None:
    case = reviewing_case(kind=ClearKind.SPECIAL)
    first, second = enter(), enter()
    services.approve_case(actor=first.user, case=case, version=case.version, digest=case.snapshot_digest, note="同意")
    second.post(address("claim", case))
    assert second.post(address("transfer", case), to(first.user)).status_code == 422
    assert holder_of(case) == second.user


def test_the_reason_and_the_receiver_are_asked_for(holder: HallClient, case: ClearCardCase, colleague: User) -> None:
    answer = holder.post(address("transfer", case), {"receiver": "", "reason": " "})
    assert answer.status_code == 422
    words = words_of(answer)
    assert "请选择接收人" in words
    assert "请写明转交的原因" in words
    assert holder_of(case) == holder.user


def test_what_was_decided_meanwhile_is_not_handed_on(case: ClearCardCase, colleague: User) -> None:
    head = enter(post=Post.HEAD)
    seen = {"version": case.version, "reason_code": RejectReason.OTHER, "text": "请先办理变更"}
    services.reject_case(actor=colleague, case=case, **seen)
    answer = head.post(address("transfer", case), to(OfficerFactory()))
    assert answer.status_code == 409
    assert "最近一步" in words_of(answer)
    assert CaseHandover.objects.count() == 0


def test_others_are_sent_to_the_sign_in_and_another_district_finds_nothing(
    outsider: HallClient, case: ClearCardCase, colleague: User
) -> None:
    assert_closed(address("transfer", case), to(colleague), company=case.taxpayer)
    assert_absent(outsider, "transfer", case, to(colleague))
    assert_unchanged(case)
