"""The pages of endpoints: works, wrong role, outsider, repeat, what is refused in words."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, Membership
from invoicing import services
from invoicing.hooks import signing
from invoicing.models import HookDelivery, HookEndpoint
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import MembershipFactory
from tests.harness.clients import HallClient
from tests.invoicing.hooks.receiver import Receiver
from tests.invoicing.pages import text_of

LIST = reverse("invoicing:hook-list")


@pytest.fixture
def managing(manager: Membership) -> HallClient:
    return HallClient().enter_as(manager)


def page(name: str, hook: HookEndpoint, *more: str) -> str:
    return reverse(f"invoicing:hook-{name}", args=[hook.pk, *more])


def shown_secret(answer: Any) -> str:
    found = re.search(r">(whsec_[^<]+)<", answer.content.decode())
    assert found is not None
    return html.unescape(found.group(1))


def test_an_address_is_registered_and_its_secret_shown_once(managing: HallClient, receiver: Receiver) -> None:
    answer = managing.post(LIST, {"url": receiver.url})
    secret = shown_secret(answer)
    assert "no-store" in answer["Cache-Control"]
    hook = HookEndpoint.objects.get()
    assert signing.unseal(hook.secret) == secret

    for address in (LIST, page("detail", hook), page("secret", hook)):
        assert "whsec_" not in managing.get(address).content.decode()
    assert AuditEvent.objects.filter(action="invoicing.hook_registered").count() == 1


@pytest.mark.parametrize("url", ["", "erp", "http://192.168.1.1/", "https://10.0.0.1/", "https://169.254.169.254/"])
def test_an_address_inside_is_refused_beside_its_field(managing: HallClient, url: str) -> None:
    answer = managing.post(LIST, {"url": url})
    assert answer.status_code == 422
    assert "接收地址" in text_of(answer)
    assert not HookEndpoint.objects.exists()


def test_the_same_address_twice_and_a_sixth_one_are_refused(
    managing: HallClient, manager: Membership, receiver: Receiver
) -> None:
    managing.post(LIST, {"url": receiver.url})
    assert "已经登记过" in text_of(managing.post(LIST, {"url": receiver.url}))
    for number in range(4):
        managing.post(LIST, {"url": f"{receiver.url}/{number}"})
    answer = managing.post(LIST, {"url": f"{receiver.url}/5"})
    assert (answer.status_code, HookEndpoint.objects.count()) == (409, 5)


def test_a_test_is_sent_and_the_log_tells_what_became_of_it(
    managing: HallClient, hook: HookEndpoint, receiver: Receiver
) -> None:
    managing.post(page("act", hook, "test"))
    managing.post(page("act", hook, "test"))
    assert HookDelivery.objects.count() == 1
    services.deliver_hooks(endpoint_id=hook.pk)

    words = text_of(managing.get(page("detail", hook)))
    assert "测试推送" in words
    assert "已送达" in words


def test_pause_resume_secret_and_removal(managing: HallClient, hook: HookEndpoint) -> None:
    assert "已暂停" in text_of(managing.post(page("act", hook, "pause"), follow=True))
    managing.post(page("act", hook, "pause"))
    assert AuditEvent.objects.filter(action="invoicing.hook_paused").count() == 1
    assert "启用" in text_of(managing.post(page("act", hook, "resume"), follow=True))
    form = {"key": str(managing.get(page("secret", hook)).context["key"])}
    secret = shown_secret(managing.post(page("secret", hook), form))
    assert signing.unseal(HookEndpoint.objects.get().secret) == secret
    assert shown_secret(managing.post(page("secret", hook), form)) == secret, "the page loaded anew"
    assert signing.unseal(HookEndpoint.objects.get().former_secret) == signing.unseal(hook.secret), "still signs"
    assert managing.post(page("secret", hook)).status_code == 422, "not from the form"
    assert "不能恢复" in text_of(managing.get(page("remove", hook)))
    managing.post(page("remove", hook))
    assert not HookEndpoint.objects.exists()
    assert managing.get(page("detail", hook)).status_code == 404


def test_a_stopped_endpoint_says_why_and_is_not_paused(managing: HallClient, hook: HookEndpoint) -> None:
    HookEndpoint.objects.update(state="stopped", stopped_at=hook.created_at)
    assert "连续 24 小时没有接收" in text_of(managing.get(page("detail", hook)))
    assert managing.post(page("act", hook, "pause")).status_code == 409


@pytest.mark.parametrize("name", ["detail", "secret", "remove", "test", "pause"])
def test_who_only_issues_and_who_is_of_another_company_finds_nothing(
    hook: HookEndpoint, seller_client: HallClient, outsider_client: HallClient, name: str
) -> None:
    address = page("act", hook, name) if name in ("test", "pause") else page(name, hook)
    for client in (seller_client, outsider_client):
        answers = {client.post(address).status_code} | {client.get(address).status_code}
        assert answers <= {404, 405}
        assert 404 in answers
    hook.refresh_from_db()
    assert hook.state == "active"


def test_who_only_issues_is_told_who_manages_endpoints(seller_client: HallClient, hook: HookEndpoint) -> None:
    assert "由法定代表人、财务负责人或管理员办理" in text_of(seller_client.get(LIST))
    assert hook.url not in text_of(seller_client.get(LIST))
    assert seller_client.post(LIST, {"url": "http://127.0.0.1/"}).status_code == 403


@pytest.mark.parametrize("act", [services.pause_hook, services.try_hook, services.remove_hook, services.resume_hook])
def test_the_services_ask_for_the_role_as_well(hook: HookEndpoint, act: Any) -> None:
    with pytest.raises(NotPermittedError):
        act(actor=MembershipFactory(finance=True).user, hook=hook)


def test_an_act_that_does_not_exist_is_not_found(managing: HallClient, hook: HookEndpoint) -> None:
    assert managing.post(page("act", hook, "explode")).status_code == 404
