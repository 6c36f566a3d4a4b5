"""The page of reminders: what came, and the person's own choice of short messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.urls import reverse

from accounts import services as account_services
from accounts.models import Membership, User
from filing import services
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
PAGE, CHOOSE = reverse("filing:reminders"), reverse("filing:texts-choose")


@pytest.fixture
def member(freeze: Callable[[str], datetime]) -> Membership:
    """Return a 办税员 with a mobile number, five days before the end of a season."""
    freeze("2026-11-11 10:00")
    found: Membership = MembershipFactory(user=UserFactory(phone="13800001234"))
    return found


@pytest.fixture
def hall(member: Membership) -> HallClient:
    """Return their client."""
    return HallClient().enter_as(member)


def words(hall: HallClient) -> str:
    return hall.get(PAGE).content.decode()


def test_it_tells_when_reminders_come_and_whither(hall: HallClient) -> None:
    shown = words(hall)
    assert "在期限前 5 天、前 1 天、当天各提醒一次" in shown
    assert "没有开通。开通后发送到您的手机 138****1234" in shown
    assert "13800001234" not in shown
    assert "演示系统不会真的发送短信" in shown


def test_short_messages_are_chosen_and_given_up(hall: HallClient, member: Membership) -> None:
    assert "已开通短信提醒" in hall.post(CHOOSE, {"wants": "1"}, follow=True).content.decode()
    services.send_reminders()
    account_services.deliver_texts()
    shown = words(hall)
    assert "已开通，发送到您的手机" in shown
    assert "已发出" in shown
    assert "<td>2026 年 10 月</td>" in shown
    assert "已停止短信提醒" in hall.post(CHOOSE, {"wants": "0"}, follow=True).content.decode()
    assert not User.objects.get(pk=member.user_id).wants_texts


def test_without_a_mobile_number_or_a_gateway_nothing_is_offered(
    hall: HallClient, member: Membership, settings: object
) -> None:
    User.objects.filter(pk=member.user_id).update(phone="")
    assert "账户没有登记手机号码" in words(hall)
    assert "开通短信提醒" not in words(hall)
    assert hall.post(CHOOSE, {"wants": "1"}).status_code == 409
    settings.SMS_GATEWAY = ""  # type: ignore[attr-defined]
    assert "本厅没有开通短信" in words(hall)


def test_another_companys_reminders_and_another_persons_messages_are_not_shown(hall: HallClient) -> None:
    stranger = MembershipFactory(user=UserFactory(phone="13900005678", wants_texts=True))
    services.send_reminders()
    shown = words(hall)
    assert shown.count("<td>2026 年 10 月</td>") == 1
    assert "发给您的短信" not in shown
    assert stranger.taxpayer.name not in shown


def test_it_is_for_who_is_signed_in_and_changed_by_a_press_alone(hall: HallClient) -> None:
    assert HallClient().get(PAGE).status_code == 302
    assert hall.get(CHOOSE).status_code == 405
