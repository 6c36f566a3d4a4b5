"""Changing one's own mobile number: the password, then a code that came to the number itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import selectors, services
from accounts.choices import PhoneCodeState
from accounts.errors import PhoneCodeOverError, PhoneCodeRefusedError, PhoneCodeWaitError
from accounts.models import AuditEvent, Notice, PhoneCode, TextMessage, User
from accounts.services import Origin
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import PASSWORD, MembershipFactory, OfficerFactory

pytestmark = pytest.mark.django_db
OLD, NEW = "13800001234", "13911118888"
HOME = Origin(network="203.0.113.0/24")


@pytest.fixture
def person(taxpayer_client: Any) -> User:
    """Return the person behind the client, with a number registered and reminders wanted."""
    user: User = taxpayer_client.user
    user.phone, user.wants_texts = OLD, True
    user.save()
    return user


@pytest.fixture
def ask(person: User) -> Callable[..., PhoneCode]:
    """Return a function that asks for a code and lets the worker send it."""

    def asked(phone: str = NEW) -> PhoneCode:
        wish = services.ask_phone_code(actor=person, phone=phone, password=PASSWORD, origin=HOME)
        services.send_phone_code(code_id=wish.pk)
        wish.refresh_from_db()
        return wish

    return asked


def code_of(wish: PhoneCode) -> str:
    """Read the code off the demonstration's telephone."""
    found = re.search(r"\d{6}", selectors.demo_telephone(wish))
    assert found is not None
    return found.group()


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def page(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())


def test_the_number_changes_when_its_code_comes_back(taxpayer_client: Any, person: User) -> None:
    confirm = reverse("accounts:phone-confirm")
    asked = taxpayer_client.post(reverse("accounts:account"), {"phone": "+86 139-1111-8888", "password": PASSWORD})
    assert asked["Location"] == confirm
    wish = PhoneCode.objects.get()
    assert "等待发送" in page(taxpayer_client.get(confirm))
    services.send_phone_code(code_id=wish.pk)
    services.send_phone_code(code_id=wish.pk)  # the bell rang twice
    code = code_of(wish)
    for _press in range(2):  # a double click changes it once
        assert taxpayer_client.post(confirm, {"code": code})["Location"] == reverse("accounts:account")
    person.refresh_from_db()
    assert person.phone == NEW
    assert "139****8888" in page(taxpayer_client.get(reverse("accounts:account")))
    event = AuditEvent.objects.get(action="accounts.phone_changed")
    assert event.data == {"was": "138****1234", "now": "139****8888"}
    notice = Notice.objects.get(kind="account", recipient=taxpayer_client.taxpayer)
    assert "新号码 139****8888" in notice.body
    warning = TextMessage.objects.get()
    assert (warning.phone, warning.is_about_account) == (OLD, True)
    wish.refresh_from_db()
    assert code not in f"{wish.digest} {warning.text} {notice.body} {list(AuditEvent.objects.values_list('data'))}"


def test_until_then_the_old_number_stays_and_gets_the_reminders(person: User, ask: Callable[..., PhoneCode]) -> None:
    ask()
    person.refresh_from_db()
    assert (person.phone, person.mobile) == (OLD, OLD)


def test_the_warning_reaches_the_old_number_though_reminders_go_to_the_new_one(
    person: User, ask: Callable[..., PhoneCode], freeze: Callable[[str], object]
) -> None:
    freeze("2026-11-16 23:30")
    wish = ask()
    services.change_phone(actor=person, code_id=wish.pk, code=code_of(wish))
    assert services.deliver_texts() == 1  # no reminder: it does not wait for the morning
    assert TextMessage.objects.get().state == "sent"


def test_a_wrong_password_sends_nothing_and_says_so(taxpayer_client: Any, person: User) -> None:
    answer = taxpayer_client.post(reverse("accounts:account"), {"phone": NEW, "password": "not mine"})
    assert answer.status_code == 422
    assert "登录密码不正确，什么也没有改动" in page(answer)
    assert not PhoneCode.objects.exists()
    assert AuditEvent.objects.filter(action="accounts.sign_in_refused").exists()


@pytest.mark.parametrize(("phone", "words"), [("12345", "请填写 11 位手机号码"), (OLD, "这就是现在登记的号码")])
def test_a_number_that_is_none_or_the_same_is_told_beside_its_field(
    taxpayer_client: Any, person: User, phone: str, words: str
) -> None:
    answer = taxpayer_client.post(reverse("accounts:account"), {"phone": phone, "password": PASSWORD})
    assert answer.status_code == 422
    assert f'value="{phone}"' in page(answer)
    assert words in page(answer)
    assert not PhoneCode.objects.exists()


def test_five_wrong_codes_end_it_even_for_the_right_one(person: User, ask: Callable[..., PhoneCode]) -> None:
    wish = ask()
    code = code_of(wish)
    for _number in range(5):
        with pytest.raises(PhoneCodeRefusedError):
            services.change_phone(actor=person, code_id=wish.pk, code=wrong(code))
    with pytest.raises(PhoneCodeOverError):
        services.change_phone(actor=person, code_id=wish.pk, code=code)
    person.refresh_from_db()
    assert person.phone == OLD


def test_an_old_code_and_a_replaced_one_open_nothing(person: User, ask: Callable[..., PhoneCode]) -> None:
    first = ask()
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        second = ask("13700007777")
        with pytest.raises(PhoneCodeOverError):
            services.change_phone(actor=person, code_id=first.pk, code=code_of(first))
    with time_machine.travel(timezone.now() + timedelta(minutes=8), tick=False), pytest.raises(PhoneCodeOverError):
        services.change_phone(actor=person, code_id=second.pk, code=code_of(second))


def test_the_code_is_taken_from_nobody_else_and_officers_have_no_part_in_it(
    outsider_client: Any, ask: Callable[..., PhoneCode], officer_client: Any
) -> None:
    wish = ask()
    code = code_of(wish)
    assert outsider_client.post(reverse("accounts:phone-confirm"), {"code": code}).status_code == 302
    for stranger in (outsider_client.user, MembershipFactory(user__phone=NEW).user):
        with pytest.raises(PhoneCodeOverError):
            services.change_phone(actor=stranger, code_id=wish.pk, code=code)
    with pytest.raises(NotPermittedError):
        services.ask_phone_code(actor=OfficerFactory(), phone=NEW, password=PASSWORD, origin=HOME)
    assert officer_client.get(reverse("accounts:account")).status_code == 403


def test_one_a_minute_and_five_an_hour(person: User, ask: Callable[..., PhoneCode]) -> None:
    start = timezone.now()
    for minute in range(0, 10, 2):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            ask()
            with pytest.raises(PhoneCodeWaitError):
                ask("13700007777")  # another number of the same person counts alike
    with time_machine.travel(start + timedelta(minutes=12), tick=False), pytest.raises(PhoneCodeWaitError) as caught:
        ask()
    assert caught.value.until == start + timedelta(hours=1)
    assert PhoneCode.objects.count() == 5


def test_a_network_has_twenty_an_hour(person: User) -> None:
    others = MembershipFactory.create_batch(2)
    PhoneCode.objects.bulk_create(
        PhoneCode(user=others[0].user, phone=f"1370000{number:04d}", network=HOME.network, state="failed")
        for number in range(20)
    )
    with pytest.raises(PhoneCodeWaitError):
        services.ask_phone_code(actor=person, phone=NEW, password=PASSWORD, origin=HOME)
    elsewhere = Origin(network="198.51.100.0/24")
    assert services.ask_phone_code(actor=person, phone=NEW, password=PASSWORD, origin=elsewhere).pk


@pytest.mark.parametrize(
    ("phone", "state", "words"),
    [
        ("13900000001", PhoneCodeState.REFUSED, "不能给 139****0001 发短信"),
        ("13900000002", PhoneCodeState.FAILED, "没有得到短信网关的答复，不知道短信发出了没有；这个验证码已作废"),
    ],
)
def test_a_fault_of_the_gateway_is_told_and_changes_nothing(
    taxpayer_client: Any, person: User, phone: str, state: str, words: str
) -> None:
    taxpayer_client.post(reverse("accounts:account"), {"phone": phone, "password": PASSWORD})
    wish = PhoneCode.objects.get()
    services.send_phone_code(code_id=wish.pk)
    wish.refresh_from_db()
    assert (wish.state, wish.digest) == (state, "")
    assert words in page(taxpayer_client.get(reverse("accounts:phone-confirm")))
    person.refresh_from_db()
    assert person.phone == OLD


def test_a_hall_without_a_gateway_says_where_to_go(taxpayer_client: Any, person: User, settings: Any) -> None:
    settings.SMS_GATEWAY = ""
    assert "请到办税服务厅登记" in page(taxpayer_client.get(reverse("accounts:account")))
    answer = taxpayer_client.post(reverse("accounts:account"), {"phone": NEW, "password": PASSWORD})
    assert answer.status_code == 409


def test_a_lost_bell_is_rung_again_and_old_wishes_are_removed(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    services.ask_phone_code(actor=person, phone=NEW, password=PASSWORD, origin=HOME)
    rung: list[Any] = []
    monkeypatch.setattr("taxhall.common.doorbell.ring", lambda task, *ids: rung.append((task.name, ids)))
    assert services.sweep_phone_codes() == 1
    assert rung == [("accounts.send_phone_code", (PhoneCode.objects.get().pk,))]
    with time_machine.travel(timezone.now() + timedelta(days=4), tick=False):
        assert services.sweep_phone_codes() == 0
        assert services.purge_expired()["phone_codes"] == 1


def test_the_database_holds_one_open_wish_a_person(person: User) -> None:
    PhoneCode.objects.create(user=person, phone=NEW, network="n")
    with pytest.raises(IntegrityError), transaction.atomic():
        PhoneCode.objects.create(user=person, phone=NEW, network="n")
