"""Acting outside the own post or district: with a reason, for a while, loudly, told to the head, looked at later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import Post
from accounts.models import AuditEvent, EmergencyAccess
from clearcard import services
from clearcard.choices import CaseStatus
from clearcard.models import ClearCardCase
from tests.console_pages.cases import address, seen, words_of
from tests.console_pages.people import assert_closed, code_of, enter
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, UserFactory
from tests.factories.clearcard import reviewing_case
from tests.harness.clients import HallClient

PAGE = reverse("admin:emergencies")
REASON = "雁塔区系统故障，企业今日须开票"


def asked(case: ClearCardCase, **changes: Any) -> dict[str, Any]:
    """Return what is filled in."""
    return {"number": case.taxpayer.number, "reason": REASON, "minutes": 30} | changes


@pytest.fixture
def head(db: None, november: datetime) -> HallClient:
    """Return the head of post of 雁塔区."""
    return enter(post=Post.HEAD)


@pytest.fixture
def acting(outsider: HallClient, case: ClearCardCase, head: HallClient) -> HallClient:
    """Return the officer of another district, whose emergency has begun."""
    assert outsider.post(PAGE, asked(case)).status_code == 302
    return outsider


def test_an_outsider_acts_for_the_one_company_and_every_act_is_marked(acting: HallClient, case: ClearCardCase) -> None:
    assert "紧急处置进行中" in words_of(acting.get(address("review", case)))
    acting.post(address("claim", case))
    assert acting.post(address("approve", case), seen(case)).status_code == 302
    assert ClearCardCase.objects.get(pk=case.pk).status == CaseStatus.APPROVED
    access = EmergencyAccess.objects.get()
    for action in ("accounts.emergency_opened", "clearcard.case_claimed", "clearcard.case_approve"):
        assert AuditEvent.objects.get(action=action).data["emergency"] == access.pk


def test_the_heads_of_both_districts_are_told_at_once(
    outsider: HallClient, case: ClearCardCase, head: HallClient
) -> None:
    own_head = enter(post=Post.HEAD, bureau=BureauFactory(xincheng=True))
    outsider.post(PAGE, asked(case))
    for client in (head, own_head):
        words = words_of(client.get(reverse("admin:index")))
        assert f"紧急处置：{outsider.user} 正在办理 {case.taxpayer} 的事项，到 10:30 为止" in words
        assert REASON in words


def test_an_auditor_of_the_district_acts_outside_the_own_post(case: ClearCardCase, head: HallClient) -> None:
    auditor = enter(post=Post.AUDITOR)
    assert auditor.post(address("claim", case)).status_code == 403
    auditor.post(PAGE, asked(case))
    assert auditor.post(address("claim", case)).status_code == 302


def test_it_ends_by_itself(acting: HallClient, case: ClearCardCase, later: Callable[..., None]) -> None:
    later("2026-11-05 10:31", acting)
    assert acting.get(address("review", case)).status_code == 404
    assert acting.post(address("claim", case)).status_code == 404


def test_no_other_company_of_the_district_opens(acting: HallClient) -> None:
    assert acting.get(address("review", reviewing_case())).status_code == 404


def test_asking_again_changes_nothing(acting: HallClient, case: ClearCardCase) -> None:
    acting.post(PAGE, asked(case))
    assert EmergencyAccess.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "急"}, "至少 10 个字"),
        ({"reason": ""}, "请填写事由"),
        ({"number": "9161"}, "没有找到这个纳税人"),
        ({"minutes": 600}, "错误"),
    ],
)
def test_what_is_lacking_is_told_and_kept(
    outsider: HallClient, case: ClearCardCase, changes: dict[str, Any], words: str
) -> None:
    answer = outsider.post(PAGE, asked(case, **changes))
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert EmergencyAccess.objects.count() == 0


def test_the_own_company_stays_closed(outsider: HallClient, case: ClearCardCase) -> None:
    MembershipFactory(user=UserFactory(person=outsider.user.person), taxpayer=case.taxpayer)
    answer = outsider.post(PAGE, asked(case))
    assert answer.status_code == 403
    assert "紧急处置也不例外" in words_of(answer)


def test_who_can_act_by_the_own_post_needs_none(officer: HallClient, case: ClearCardCase) -> None:
    answer = officer.post(PAGE, asked(case))
    assert answer.status_code == 409
    assert "按您的岗位就可以办理" in words_of(answer)


def test_a_fresh_proof_is_asked_for(
    outsider: HallClient, case: ClearCardCase, freeze: Callable[[str], datetime]
) -> None:
    freeze("2026-11-05 10:06")
    assert outsider.post(PAGE, asked(case)).status_code == 422
    assert EmergencyAccess.objects.count() == 0
    assert outsider.post(PAGE, asked(case, code=code_of(outsider.user))).status_code == 302


def test_the_officer_or_a_head_ends_it_early(acting: HallClient, case: ClearCardCase, head: HallClient) -> None:
    url = reverse("admin:emergency-end", args=[EmergencyAccess.objects.get().pk])
    for client in (head, acting):
        assert client.post(url).status_code == 302
    assert acting.get(address("review", case)).status_code == 404
    assert AuditEvent.objects.filter(action="accounts.emergency_ended").count() == 1


def test_a_head_looks_at_it_afterwards_with_all_that_was_done(
    acting: HallClient, case: ClearCardCase, head: HallClient, later: Callable[..., None]
) -> None:
    acting.post(address("claim", case))
    access = EmergencyAccess.objects.get()
    url = reverse("admin:emergency-review", args=[access.pk])
    assert head.post(url, {"opinion": "情况属实"}).status_code == 409
    later("2026-11-05 10:31", head)
    words = words_of(head.get(PAGE))
    assert "期间 2 项操作" in words
    assert "待复核" in words
    answer = head.post(url, {"opinion": " "})
    assert answer.status_code == 422
    assert "请写明复核意见" in words_of(answer)
    for _ in range(2):
        assert head.post(url, {"opinion": "情况属实"}).status_code == 302
    assert "情况属实" in words_of(head.get(PAGE))
    assert AuditEvent.objects.filter(action="accounts.emergency_reviewed").count() == 1


def test_nobody_looks_at_the_own_one(case: ClearCardCase, later: Callable[..., None], november: datetime) -> None:
    auditor = enter(post=Post.AUDITOR)
    auditor.post(PAGE, asked(case))
    access = EmergencyAccess.objects.get()
    later("2026-11-05 10:31", auditor)
    answer = auditor.post(reverse("admin:emergency-review", args=[access.pk]), {"opinion": "没有问题"})
    assert answer.status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        EmergencyAccess.objects.filter(pk=access.pk).update(reviewed_by=auditor.user)


def test_a_third_district_sees_nothing_of_it(acting: HallClient) -> None:
    stranger = enter(bureau=BureauFactory(code="16101120000", district_code="610112"))
    access = EmergencyAccess.objects.get()
    assert REASON not in words_of(stranger.get(PAGE))
    for name in ("emergency-end", "emergency-review"):
        assert stranger.post(reverse(f"admin:{name}", args=[access.pk])).status_code == 404


def test_others_are_sent_to_the_sign_in(case: ClearCardCase) -> None:
    assert_closed(PAGE, company=case.taxpayer)
    assert_closed(PAGE, asked(case), company=case.taxpayer)


def test_the_rule_of_two_persons_holds_in_an_emergency(acting: HallClient, case: ClearCardCase) -> None:
    twin = OfficerFactory(person=case.submitted_by.person, bureau=BureauFactory(xincheng=True))
    client = HallClient().enter_as_officer(twin)
    client.post(PAGE, asked(case))
    answer = client.post(address("claim", case))
    assert answer.status_code == 403
    assert "提交人不能审核" in words_of(answer)
    assert services.claim_case(actor=acting.user, case=case).claimed_by == acting.user
