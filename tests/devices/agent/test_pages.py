"""The pages of the company's own PCs: connecting, looking, taking the right away, and the PIN that stays there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.services import sessions
from devices.models import Agent, AgentCode, AgentDisk
from taxhall.common.templatetags import hall
from tests.devices.agent.pc import Pc
from tests.factories.accounts import PASSWORD, MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
LIST = reverse("devices:agent-list")


@pytest.fixture
def person(member) -> HallClient:
    return HallClient().enter_as(member)


def stale(person: HallClient) -> None:
    """Let the last proof of the person be too long ago."""
    session = person.session
    session[sessions.SIGNED_IN_AT] = (timezone.now() - timedelta(minutes=6)).timestamp()
    session.save()


def revoke_page(agent: Agent) -> str:
    return reverse("devices:agent-revoke", args=[agent.pk])


def test_the_list_of_disks_leads_to_the_pcs(person, member):
    DeviceFactory(taxpayer=member.taxpayer)
    assert LIST in person.get(reverse("devices:device-list")).content.decode()
    assert "还没有连接过电脑" in person.get(LIST).content.decode()


def test_a_code_is_shown_once_and_lets_a_pc_in(person):
    page = person.post(LIST).content.decode()
    code = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", page).group()
    assert "taxhall-agent enrol http://testserver/" in page
    assert Pc().enrol_with(code).pk
    page = person.get(LIST).content.decode()
    assert code not in page
    assert "财务室电脑" in page
    assert "在线" in page


def test_a_page_with_a_code_is_kept_by_no_browser(person):
    assert "no-store" in person.post(LIST)["Cache-Control"]


def test_who_proved_long_ago_gives_the_password_first(person):
    stale(person)
    assert 'name="password"' in person.get(LIST).content.decode()
    assert person.post(LIST).status_code == 422
    assert person.post(LIST, {"password": "wrong wrong wrong"}).status_code == 422
    assert not AgentCode.objects.exists()
    assert person.post(LIST, {"password": PASSWORD}).status_code == 200
    assert AgentCode.objects.count() == 1


def test_an_issuer_sees_the_pcs_and_changes_nothing(pc, member):
    issuer = HallClient().enter_as(MembershipFactory(taxpayer=member.taxpayer, issuer=True))
    page = issuer.get(LIST).content.decode()
    assert "财务室电脑" in page
    assert "生成连接码" not in page
    assert issuer.post(LIST).status_code == 422
    assert issuer.post(revoke_page(Agent.objects.get())).status_code == 422
    assert not Agent.objects.get().is_revoked


def test_another_companys_pc_is_not_found(pc, outsider_client):
    assert "财务室电脑" not in outsider_client.get(LIST).content.decode()
    assert outsider_client.get(revoke_page(Agent.objects.get())).status_code == 404
    assert outsider_client.post(revoke_page(Agent.objects.get())).status_code == 404
    assert not Agent.objects.get().is_revoked


def test_taking_a_pcs_right_away_says_first_what_it_means(person, pc):
    agent = Agent.objects.get()
    assert "不能再取得任何任务" in person.get(revoke_page(agent)).content.decode()
    assert not Agent.objects.get().is_revoked
    assert person.post(revoke_page(agent))["Location"] == LIST
    assert person.post(revoke_page(agent))["Location"] == LIST, "a second click changes nothing"
    assert "已停用" in person.get(LIST).content.decode()


def test_an_old_version_and_unreported_results_are_told(person, pc):
    pc.poll(unreported=2)
    Agent.objects.update(version="0.0.9", last_contact_at=timezone.now() - timedelta(minutes=5))
    page = person.get(LIST).content.decode()
    assert "最新版本是" in page
    assert "2 条" in page
    assert "未联系" in page


def test_the_pin_of_a_disk_at_a_pc_is_asked_there_and_not_here(person, pc, disk, card_rack):
    pc.hold(disk, card_rack)
    address = reverse("devices:device-unlock", args=[disk.serial])
    page = person.get(f"{address}?next=/invoices/").content.decode()
    assert "taxhall-agent open" in page
    assert 'name="pin"' not in page
    assert 'href="/invoices/"' in page
    before = len(card_rack.requests)
    assert "taxhall-agent open" in person.post(address, {"pin": "24681357"}).content.decode()
    assert len(card_rack.requests) == before
    pc.poll(pc.claim(disk, is_unlocked=True))
    assert "口令已输入" in person.get(address).content.decode()


def test_the_page_of_a_disk_says_at_which_pc_it_is(person, pc, disk, card_rack):
    pc.hold(disk, card_rack)
    page = person.get(disk.get_absolute_url()).content.decode()
    assert "财务室电脑" in page
    assert "已通过挑战应答证明" in page
    Agent.objects.update(last_contact_at=timezone.now() - timedelta(minutes=5))
    assert "联系不上" in person.get(disk.get_absolute_url()).content.decode()


def test_the_page_of_a_disk_says_since_when_the_pin_is_entered_not_when_the_disk_was_proved(
    person, pc, disk, card_rack
):
    pc.hold(disk, card_rack)
    pc.poll(pc.claim(disk, is_unlocked=True))
    proved, entered = timezone.now() - timedelta(hours=3), timezone.now() - timedelta(minutes=7)
    AgentDisk.objects.update(proved_at=proved, unlocked_at=entered)
    page = " ".join(re.sub(r"<[^>]+>", " ", person.get(disk.get_absolute_url()).content.decode()).split())
    assert f"已输入；15 分钟不用会自动退出 {hall.moment(entered)}" in page
    assert f"已通过挑战应答证明 {hall.moment(proved)}" in page
