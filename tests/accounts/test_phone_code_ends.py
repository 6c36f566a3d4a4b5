"""What becomes of a wish whose worker, gateway or person is late; the page says no more of it than is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.choices import PhoneCodeState
from accounts.models import Notice, PhoneCode, User
from accounts.services import phones
from accounts.sms.base import Sms
from accounts.sms.demo import DemoSms
from tests.accounts.test_phone import NEW, OLD, ask, code_of, page, person, wrong
from tests.factories.accounts import PASSWORD, MembershipFactory

__all__ = ["ask", "person"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def wish(taxpayer_client: Any, person: User) -> PhoneCode:
    """Return a wish of the page, which no worker has taken yet."""
    taxpayer_client.post(reverse("accounts:account"), {"phone": NEW, "password": PASSWORD})
    return PhoneCode.objects.get()


def told(client: Any) -> str:
    return page(client.get(reverse("accounts:phone-confirm")))


def poll(client: Any) -> Any:
    return client.get(reverse("accounts:phone-status"), headers={"HX-Request": "true"})


def later(**span: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**span), tick=False)


@pytest.fixture
def killed(wish: PhoneCode, monkeypatch: pytest.MonkeyPatch) -> PhoneCode:
    """Return a wish whose worker was killed while it handed the message over."""

    def die(_gateway: DemoSms, _message: Sms) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(DemoSms, "send", die)
        with pytest.raises(SystemExit):
            services.send_phone_code(code_id=wish.pk)
    return wish


def test_a_killed_worker_leaves_a_code_of_which_nobody_knows(taxpayer_client: Any, killed: PhoneCode) -> None:
    services.sweep_phone_codes()
    services.send_phone_code(code_id=killed.pk)  # the bell rings again, and the code is in no row
    assert "验证码已发到" not in told(taxpayer_client)
    assert "正在发送" in told(taxpayer_client)
    assert "HX-Refresh" not in poll(taxpayer_client)
    with later(minutes=2):
        assert poll(taxpayer_client)["HX-Refresh"] == "true"
        for _swept in range(2):  # it is said without a sweep, and with one
            assert "不知道短信发出了没有；这个验证码已作废" in told(taxpayer_client)
            assert 'name="code"' not in told(taxpayer_client)
            services.sweep_phone_codes()
    killed.refresh_from_db()
    assert (killed.state, killed.digest) == (PhoneCodeState.FAILED, "")


def test_a_wish_that_no_worker_took_ends_as_not_sent(taxpayer_client: Any, wish: PhoneCode) -> None:
    assert "一般几秒钟发出" in told(taxpayer_client)
    with later(minutes=10):
        assert poll(taxpayer_client)["HX-Refresh"] == "true"
        for _swept in range(2):
            text = told(taxpayer_client)
            assert "短信没有发出" in text
            assert "一般几秒钟发出" not in text
            assert "data-poll" not in text
            assert services.sweep_phone_codes() == 0
        services.send_phone_code(code_id=wish.pk)
    wish.refresh_from_db()
    assert wish.state == PhoneCodeState.LATE


def test_the_code_may_be_typed_before_the_gateway_has_answered(
    wish: PhoneCode, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = DemoSms.send

    def slow(gateway: DemoSms, message: Sms) -> str:
        answer = honest(gateway, message)
        services.change_phone(actor=person, code_id=wish.pk, code=code_of(wish))
        return answer

    monkeypatch.setattr(DemoSms, "send", slow)
    services.send_phone_code(code_id=wish.pk)
    person.refresh_from_db()
    wish.refresh_from_db()
    assert (person.phone, wish.state) == (NEW, PhoneCodeState.USED)


def test_success_is_told_only_of_a_number_that_changed(
    taxpayer_client: Any, wish: PhoneCode, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.send_phone_code(code_id=wish.pk)
    honest = phones._register

    def late(actor: User, asked: PhoneCode) -> User:
        PhoneCode.objects.filter(pk=asked.pk).update(state=PhoneCodeState.REPLACED)  # in another tab
        return honest(actor, asked)

    monkeypatch.setattr(phones, "_register", late)
    answer = taxpayer_client.post(reverse("accounts:phone-confirm"), {"code": code_of(wish)}, follow=True)
    person.refresh_from_db()
    assert (answer.status_code, person.phone) == (409, OLD)
    assert "手机号码已登记为" not in page(answer)
    assert "没有可用的验证码" in page(answer)


def test_the_page_says_how_many_tries_are_left_and_ends_with_them(taxpayer_client: Any, wish: PhoneCode) -> None:
    services.send_phone_code(code_id=wish.pk)
    assert "还可以试 5 次" in told(taxpayer_client)
    confirm, code = reverse("accounts:phone-confirm"), wrong(code_of(wish))
    for left in (4, 3, 2, 1):
        assert f"之前有效，还可以试 {left} 次" in page(taxpayer_client.post(confirm, {"code": code}))
    last = page(taxpayer_client.post(confirm, {"code": code}))
    for text in (last, told(taxpayer_client)):
        assert "试填次数已满，不能再用" in text
        assert "之前有效" not in text
        assert 'name="code"' not in text


def test_an_expired_code_is_told_as_that(taxpayer_client: Any, wish: PhoneCode) -> None:
    services.send_phone_code(code_id=wish.pk)
    with later(minutes=6):
        text = told(taxpayer_client)
    assert "过期，不能再用" in text
    assert "之前有效" not in text
    assert 'name="code"' not in text


@pytest.mark.parametrize("phone", ["139١١١١٨٨٨٨", "1391111८८८८"])
def test_digits_of_other_scripts_are_no_number(taxpayer_client: Any, person: User, phone: str) -> None:
    answer = taxpayer_client.post(reverse("accounts:account"), {"phone": phone, "password": PASSWORD})
    assert answer.status_code == 422
    assert not PhoneCode.objects.exists()


def test_full_width_digits_are_taken_as_the_plain_ones(taxpayer_client: Any, person: User) -> None:
    full = {ord(plain): ord(plain) + 0xFEE0 for plain in "+0123456789"}
    taxpayer_client.post(reverse("accounts:account"), {"phone": f"+86{NEW}".translate(full), "password": PASSWORD})
    wish = PhoneCode.objects.get()
    assert wish.phone == NEW
    services.send_phone_code(code_id=wish.pk)
    confirm = reverse("accounts:phone-confirm")
    for no_code in ("12345", "١٢٣٤٥٦", "abcdef"):
        answer = taxpayer_client.post(confirm, {"code": no_code})
        assert answer.status_code == 422
        assert "请填写短信里的 6 位数字" in page(answer)
    assert "还可以试 5 次" in told(taxpayer_client)
    assert taxpayer_client.post(confirm, {"code": code_of(wish).translate(full)}).status_code == 302
    person.refresh_from_db()
    assert person.phone == NEW


def test_every_company_is_told_and_statements_do_not_grow_with_them(
    person: User, ask: Callable[..., PhoneCode]
) -> None:
    MembershipFactory.create_batch(40, user=person)
    wish = ask()
    code = code_of(wish)
    with CaptureQueriesContext(connection) as found:
        services.change_phone(actor=person, code_id=wish.pk, code=code)
    assert len(found) < 30
    assert Notice.objects.filter(kind="account").count() == 41
