"""When a session has ended under a form, nothing is done and nothing entered is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import PASSWORD, MembershipFactory

pytestmark = pytest.mark.django_db
FORM = "/account/identity/"


def expired(client: Any) -> Any:
    """Send a form after the idle limit."""
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=True):
        body = urlencode({"membership": "7", "note": "写了很久的内容"})
        return client.post(FORM, body, content_type="application/x-www-form-urlencoded")


def test_the_act_is_not_done_and_the_page_says_so(taxpayer_client: Any) -> None:
    answer = expired(taxpayer_client)
    assert answer.status_code == 401
    assert "刚才的操作没有提交" in answer.content.decode()
    assert "已保留两小时" in answer.content.decode()


def test_after_signing_in_the_owner_finds_what_was_entered(taxpayer_client: Any) -> None:
    expired(taxpayer_client)
    login = {"identifier": taxpayer_client.user.username, "password": PASSWORD}
    answer = taxpayer_client.post("/account/login/", login)
    assert answer["Location"] == reverse("accounts:parked-form")
    page = taxpayer_client.get(answer["Location"]).content.decode()
    assert "写了很久的内容" in page
    assert f'action="{FORM}"' in page
    taxpayer_client.post(reverse("accounts:parked-form"))
    assert taxpayer_client.get(reverse("accounts:parked-form")).status_code == 302


def test_somebody_else_at_the_same_browser_does_not(taxpayer_client: Any) -> None:
    expired(taxpayer_client)
    other = MembershipFactory()
    answer = taxpayer_client.post("/account/login/", {"identifier": other.user.username, "password": PASSWORD})
    assert answer["Location"] == reverse("desk")
    assert "写了很久" not in taxpayer_client.get(reverse("accounts:parked-form"), follow=False).content.decode()


def test_asking_how_long_does_not_prolong(taxpayer_client: Any) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=20), tick=True):
        assert 0 < taxpayer_client.get(reverse("accounts:session-status")).json()["seconds"] <= 600
    assert expired(taxpayer_client).status_code == 401


def test_a_stale_token_shows_the_form_again(client: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/account/login/", {"identifier": "somebody"}, headers={"origin": "http://testserver"})
    assert answer.status_code == 403
    assert "没有任何内容被改动" in answer.content.decode()
    assert 'value="somebody"' in answer.content.decode()
    foreign = strict.post("/account/login/", {"identifier": "somebody"}, headers={"origin": "http://evil.example"})
    assert 'value="somebody"' not in foreign.content.decode()
