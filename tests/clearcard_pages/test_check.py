"""Checking and handing in (U-34): once per key, whoever presses how often, and never before all is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import Notice
from clearcard import services
from clearcard.choices import CaseStatus, HandInState
from clearcard.models import CaseSubmission, ClearCardCase, HandInOrder
from devices.models import Device
from tests.clearcard.scene import Scene
from tests.clearcard.test_hand_in import unpaid
from tests.clearcard_pages.pages import address, handed_in, main_of, require_learns_nothing
from tests.clearcard_pages.test_verify import forget
from tests.factories.accounts import PASSWORD, MembershipFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


def test_everything_is_shown_once_more_and_handed_in(case: ClearCardCase, enter: Enter) -> None:
    client = enter()
    page = client.get(address("check", case))
    words = main_of(page)
    for shown in ("月度清卡", "3,000.00 元 叁仟圆整", "2026-11-16（周一）", "三方比较 一致", "证件.png"):
        assert shown in words
    assert "提交前还要处理" not in words
    assert client.post(address("check", case), handed_in(case))["Location"] == address("submitted", case)
    case.refresh_from_db()
    assert case.status == CaseStatus.SUBMITTED


def test_double_click_two_tabs_and_back_and_resend_get_the_same_receipt(
    case: ClearCardCase, month: Scene, enter: Enter
) -> None:
    first, second = enter(), enter()
    sent = handed_in(case)
    assert first.get(address("check", case)).context["form"]["key"].value() == sent["key"]
    for client in (first, first, second):
        assert client.post(address("check", case), sent)["Location"] == address("submitted", case)
    month.freeze("2026-11-05 10:20")
    resent = first.post(address("check", case), sent)
    assert resent["Location"] == address("submitted", case), "the password is not asked for what is done already"
    services.review_case(case_id=case.pk)
    assert first.post(address("check", case), sent)["Location"] == address("submitted", case)
    assert CaseSubmission.objects.filter(case=case).count() == 1
    assert [each.action for each in case.transitions.all()].count("submit") == 1


def test_another_key_after_the_hand_in_changes_nothing_and_says_so(case: ClearCardCase, enter: Enter) -> None:
    client = enter()
    client.post(address("check", case), handed_in(case))
    late = client.post(address("check", case), {"key": f"{case.number}-9", "declaration": "on"}, follow=True)
    assert late.redirect_chain == [(address("detail", case), 302)]
    assert "申请现在是“待审核”，不能再修改；刚才填写的内容没有保存" in main_of(late)
    assert CaseSubmission.objects.filter(case=case).count() == 1


def test_what_is_lacking_is_listed_before_and_after_pressing(scene: Scene, enter: Enter) -> None:
    scene.issue()
    scene.freeze("2026-11-05 10:00")
    case = services.start_case(actor=scene.user, device=Device.objects.get(pk=scene.device.pk))
    client = enter()
    for answer, status in (
        (client.get(address("check", case)), 200),
        (client.post(address("check", case), handed_in(case)), 422),
    ):
        words, source = main_of(answer), answer.content.decode()
        assert answer.status_code == status
        assert "提交前还要处理" in words
        for lacking in ("2026 年 10 月还没有抄报", "还没有选择清卡类型", "还没有核对开票信息", "缺少营业执照"):
            assert lacking in words
        for mended in ("prepare", "type", "verify"):
            assert f'<a href="{address(mended, case)}">去处理' in source
        assert f'<a href="{address("fill", case)}#paper-business_licence">去处理' in source
    assert "申请还不能提交，没有改动设备和税款，已填的内容都保留着" in words
    case.refresh_from_db()
    assert (case.status, case.submitted_at) == (CaseStatus.DRAFT, None)


def test_figures_that_moved_after_the_confirmation_stop_the_hand_in(
    case: ClearCardCase, month: Scene, enter: Enter
) -> None:
    forget(month)
    answer = enter().post(address("check", case), handed_in(case))
    assert answer.status_code == 422
    assert "核对之后数据有了变化，请重新核对开票信息" in main_of(answer)
    case.refresh_from_db()
    assert case.status == CaseStatus.DRAFT


def test_without_the_declaration_nothing_is_handed_in(case: ClearCardCase, enter: Enter) -> None:
    answer = enter().post(address("check", case), {"key": handed_in(case)["key"]})
    assert answer.status_code == 422
    assert "请阅读声明并勾选后再提交" in main_of(answer)
    assert not CaseSubmission.objects.exists()


def test_after_five_minutes_the_password_is_asked_and_a_wrong_one_is_told(
    case: ClearCardCase, month: Scene, enter: Enter
) -> None:
    client = enter()
    month.freeze("2026-11-05 10:10")
    assert "提交申请需要再次确认是您本人。这不是设备口令" in main_of(client.get(address("check", case)))
    assert client.post(address("check", case), handed_in(case)).status_code == 422
    wrong = client.post(address("check", case), handed_in(case, password="not the password"))
    assert wrong.status_code == 422
    assert "not the password" not in wrong.content.decode()
    assert not CaseSubmission.objects.exists()
    right = client.post(address("check", case), handed_in(case, password=PASSWORD))
    assert right["Location"] == address("submitted", case)


def test_a_session_that_ended_before_the_last_press_loses_nothing(
    case: ClearCardCase, month: Scene, enter: Enter
) -> None:
    client = enter()
    month.freeze("2026-11-05 10:40")
    ended = client.post(address("check", case), handed_in(case, password=PASSWORD))
    assert ended.status_code == 401
    assert "会话已结束，刚才的操作没有提交" in main_of(ended)
    assert "设备和金额都没有受影响" in main_of(ended)
    assert PASSWORD not in str(dict(client.session))
    client.post("/account/login/", {"identifier": month.user.username, "password": PASSWORD})
    assert "3,000.00 元 叁仟圆整" in main_of(client.get(address("check", case)))
    assert client.post(address("check", case), handed_in(case))["Location"] == address("submitted", case)


def test_an_issuer_may_not_hand_in(case: ClearCardCase, enter: Enter) -> None:
    issuer = enter("issuer")
    assert issuer.get(address("check", case)).status_code == 403
    assert issuer.post(address("check", case), handed_in(case)).status_code == 403
    assert not CaseSubmission.objects.exists()


def test_a_colleague_with_the_right_may_hand_in_what_another_began(case: ClearCardCase, enter: Enter) -> None:
    assert enter("tax_clerk").post(address("check", case), handed_in(case)).status_code == 302
    case.refresh_from_db()
    assert case.submitted_by != case.created_by


def test_an_outsider_learns_nothing(case: ClearCardCase, stranger: HallClient) -> None:
    require_learns_nothing(stranger, "check", case, handed_in(case))
    assert not CaseSubmission.objects.exists()
    assert not Notice.objects.filter(recipient=stranger.taxpayer).exists()


def test_a_key_of_another_companys_hand_in_is_of_no_use(
    case: ClearCardCase, month: Scene, make_scene: Callable[..., Scene]
) -> None:
    key = month.submit(case).submit_key
    other = make_scene()
    other.month()
    theirs = other.prepare()
    answer = HallClient().enter_as(other.membership).post(address("check", theirs), handed_in(theirs, key=str(key)))
    assert answer.status_code == 422
    assert "这个提交键已用于另一份申请" in main_of(answer)
    assert reverse("clearcard:case-detail", args=[case.number]) not in answer.content.decode()
    theirs.refresh_from_db()
    assert theirs.status == CaseStatus.DRAFT


def test_an_unpaid_application_is_ordered_to_hand_itself_in_and_the_order_taken_back(
    scene: Scene, enter: Enter
) -> None:
    case, _payment = unpaid(scene)
    client, stranger = enter(), HallClient().enter_as(MembershipFactory(finance=True))
    assert "税款入库后自动提交" in main_of(client.get(address("check", case)))
    sent = {**handed_in(case), "when-paid": "1"}
    for _press in range(2):
        assert client.post(address("check", case), sent)["Location"] == address("check", case)
    page = main_of(client.get(address("check", case)))
    assert "收到国库的入库回执后，系统按现在的内容提交，不需要再操作" in page
    cancel = reverse("clearcard:hand-in-cancel", args=[case.number])
    assert stranger.post(cancel).status_code == 404
    assert enter(role="issuer").post(cancel).status_code == 403
    assert HandInOrder.objects.get().state == HandInState.WAITING
    assert client.post(cancel, follow=True).status_code == 200
    assert HandInOrder.objects.get().state == HandInState.ENDED
