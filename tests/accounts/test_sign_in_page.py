"""Signing in as a taxpayer: by username or company number, with one answer for all that is wrong."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.services import known_devices
from tests.factories.accounts import PASSWORD, MembershipFactory, OfficerFactory, UserFactory

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra: str):  # type: ignore[no-untyped-def]
    return client.post(LOGIN, {"identifier": name, "password": password, **extra})


def test_a_username_and_a_company_number_both_open_the_desk(client: Client) -> None:
    membership = MembershipFactory(finance=True)
    for name in (membership.user.username, membership.taxpayer.number, membership.taxpayer.number.lower()):
        client.logout()
        answer = sign_in(client, name)
        assert (answer.status_code, answer["Location"]) == (302, reverse("desk")), name
    assert AuditEvent.objects.filter(action="accounts.signed_in").count() == 3


def test_the_key_of_the_session_is_new_and_the_browser_is_remembered(client: Client) -> None:
    membership = MembershipFactory()
    client.get(LOGIN)
    client.session["kept"] = 1
    before = client.session.session_key
    answer = sign_in(client, membership.user.username)
    assert client.session.session_key != before
    assert answer.cookies[known_devices.COOKIE]["httponly"]


@pytest.mark.parametrize("case", ["wrong password", "unknown", "disabled", "officer", "no company"])
def test_what_is_wrong_is_not_told_apart(client: Client, case: str) -> None:
    membership = MembershipFactory()
    name, password = membership.user.username, PASSWORD
    if case == "wrong password":
        password = "wrong horse battery 9"
    elif case == "unknown":
        name = "nobody"
    elif case == "disabled":
        name = UserFactory(disabled=True).username
    elif case == "officer":
        name = OfficerFactory().username
    else:
        name = "91610113MA6TEKT0XE"
    answer = sign_in(client, name, password)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "密码不符，没有登录" in text
    assert password not in text
    assert f'value="{name}"' in text
    assert "_auth_user_id" not in client.session


def test_an_empty_form_says_what_to_fill_in(client: Client) -> None:
    text = sign_in(client, "", "").content.decode()
    assert "请填写统一社会信用代码或用户名" in text
    assert "请填写密码" in text


def test_guessing_makes_the_next_try_wait_and_says_until_when(client: Client) -> None:
    membership = MembershipFactory()
    for _ in range(12):
        answer = sign_in(client, membership.user.username, "guess")
    assert answer.status_code == 429
    assert "登录暂停到" in answer.content.decode() or "暂停用密码登录" in answer.content.decode()


def test_a_person_of_two_companies_chooses_and_goes_on_to_the_page_asked_for(client: Client) -> None:
    first = MembershipFactory()
    second = MembershipFactory(user=first.user, finance=True)
    answer = sign_in(client, first.user.username, next="/help/")
    assert answer["Location"] == reverse("accounts:identity")
    page = client.get(answer["Location"]).content.decode()
    assert first.taxpayer.name in page
    assert second.taxpayer.name in page
    chosen = client.post(answer["Location"], {"membership": second.pk})
    assert chosen["Location"] == "/help/"
    assert second.taxpayer.name in client.get(reverse("accounts:inbox")).content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(client: Client, target: str) -> None:
    membership = MembershipFactory()
    assert sign_in(client, membership.user.username, next=target)["Location"] == reverse("desk")


def test_somebody_elses_company_cannot_be_chosen(taxpayer_client: Client) -> None:
    other = MembershipFactory()
    answer = taxpayer_client.post(reverse("accounts:identity"), {"membership": other.pk})
    assert answer.status_code == 422
    assert "请从列出的选项中选择" in answer.content.decode()


def test_signing_out_ends_the_session(taxpayer_client: Client) -> None:
    assert taxpayer_client.get(reverse("accounts:logout")).status_code == 405
    assert taxpayer_client.post(reverse("accounts:logout"))["Location"] == LOGIN
    assert taxpayer_client.get(reverse("accounts:inbox")).status_code == 302
