"""Requests about disks in the console: queue by district, two steps, four eyes, refusal with reason."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.choices import Post
from devices import services
from devices.act_presentation import request_sentence
from devices.choices import CommandState, RequestState
from devices.models import DeviceCommand, DeviceRequest
from taxhall.common.periods import TaxPeriod
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, code_of, enter
from tests.devices.authority import carry_out, officer_of
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, OfficerPostFactory
from tests.factories.devices import DeviceFactory

pytestmark = pytest.mark.django_db
QUEUE = reverse("admin:disk-queue")


@pytest.fixture
def device(frozen_day, taxpayer_client, card_rack):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=TaxPeriod.month(2026, 10))
    card_rack.add(device)
    return device


@pytest.fixture
def asked(taxpayer_client, device):
    return services.ask_unblock(actor=taxpayer_client.user, device=device, note="忘记口令")


@pytest.fixture
def officer(device):
    return enter(bureau=device.taxpayer.bureau)


def path(name, request):
    return reverse(f"admin:disk-{name}", args=[request.pk])


def decide(client, name, request, **data):
    return client.post(path(name, request), {"code": code_of(client.user), **data})


def state_of(request):
    return DeviceRequest.objects.get(pk=request.pk).state


def test_only_officers_with_both_proofs_enter(asked):
    for url in (QUEUE, path("request", asked), path("grant", asked), path("refuse", asked)):
        assert_closed(url)
    assert_closed(path("grant", asked), {"note": ""}, company=asked.device.taxpayer)


def test_the_queue_shows_the_district_alone(asked, officer):
    assert asked.device.serial in words_of(officer.get(QUEUE))
    elsewhere = enter(bureau=BureauFactory(code="16101160000", name="长安区税务局"))
    assert "没有设备申请" in words_of(elsewhere.get(QUEUE))
    for name in ("request", "grant", "refuse"):
        assert elsewhere.get(path(name, asked)).status_code == 404
    assert elsewhere.post(path("grant", asked), {"note": ""}).status_code == 404
    assert state_of(asked) == RequestState.WAITING


def test_the_desk_counts_what_waits_here_and_leads_to_it(asked, officer):
    def counted(client):
        return [(each["count"], each["url"]) for each in client.get(reverse("admin:index")).context["other_work"]]

    assert counted(officer) == [(1, QUEUE)]
    assert counted(enter(bureau=BureauFactory(xincheng=True))) == [(0, QUEUE)]


def test_the_first_step_says_what_will_happen_and_does_nothing(asked, officer):
    assert "同意后系统签发解锁指令" in words_of(officer.get(path("request", asked)))
    assert "一次性口令只显示一次" in words_of(officer.get(path("grant", asked)))
    assert state_of(asked) == RequestState.WAITING
    assert not DeviceCommand.objects.exists()


def test_the_second_step_orders_it_and_tells_the_pin_once(asked, officer):
    answer = decide(officer, "grant", asked)
    assert "只显示这一次" in words_of(answer)
    pin = answer.context["pin"]
    assert state_of(asked) == RequestState.GRANTED
    again = officer.post(path("grant", asked), {"note": ""}, follow=True)
    assert pin not in words_of(again)
    assert DeviceCommand.objects.count() == 1
    assert carry_out(DeviceCommand.objects.get()).state == CommandState.DONE
    services.change_card_pin(
        actor=MembershipFactory(taxpayer=asked.device.taxpayer, finance=True).user,
        device=asked.device,
        old_pin=pin,
        new_pin="13579135",
    )


def test_without_a_fresh_proof_nothing_is_decided(asked, officer, freeze):
    freeze("2026-11-16 10:06")
    assert "需要再次验证身份" in words_of(officer.get(path("grant", asked)))
    assert officer.post(path("grant", asked), {"note": "", "code": ""}).status_code == 422
    assert officer.post(path("grant", asked), {"note": "", "code": "000000"}).status_code in (403, 422)
    assert state_of(asked) == RequestState.WAITING


def test_a_refusal_needs_its_reason_and_the_company_reads_it(asked, officer, taxpayer_client):
    assert decide(officer, "refuse", asked, note="").status_code == 422
    assert state_of(asked) == RequestState.WAITING
    decide(officer, "refuse", asked, note="请携带设备到大厅核验")
    assert state_of(asked) == RequestState.REFUSED
    assert "请携带设备到大厅核验" in taxpayer_client.get(asked.get_absolute_url()).content.decode()
    assert not DeviceCommand.objects.exists()


def test_the_wrong_post_decides_nothing(asked, device):
    auditor = enter(bureau=device.taxpayer.bureau, post=Post.AUDITOR)
    assert "您的岗位没有办理这户纳税人税控设备的权限" in words_of(auditor.get(path("request", asked)))
    assert decide(auditor, "grant", asked).status_code == 403
    assert state_of(asked) == RequestState.WAITING


def test_a_post_for_disks_elsewhere_reaches_no_disk_here(asked, device):
    # An auditor of this district, who sees its disks, and a reviewer elsewhere, who decides there.
    both = enter(bureau=device.taxpayer.bureau, post=Post.AUDITOR)
    OfficerPostFactory(user=both.user, bureau=BureauFactory(xincheng=True))
    assert "您的岗位没有办理这户纳税人税控设备的权限" in words_of(both.get(path("request", asked)))
    assert decide(both, "grant", asked).status_code == 403
    drafted = both.post(reverse("admin:disk-draft", args=["add_stock"]), {"serial": device.serial, **STOCK})
    assert drafted.status_code == 403
    assert state_of(asked) == RequestState.WAITING
    assert DeviceRequest.objects.count() == 1


def test_an_officer_takes_the_own_draft_back_on_its_page(device, officer):
    officer.post(reverse("admin:disk-draft", args=["add_stock"]), {"serial": device.serial, **STOCK})
    drafted = DeviceRequest.objects.get()
    other = enter(bureau=device.taxpayer.bureau)
    assert path("withdraw", drafted) in officer.get(path("request", drafted)).content.decode()
    assert path("withdraw", drafted) not in other.get(path("request", drafted)).content.decode()
    assert other.post(path("withdraw", drafted)).status_code == 403
    assert state_of(drafted) == RequestState.WAITING
    assert "已撤回，没有改动设备" in words_of(officer.post(path("withdraw", drafted), follow=True))
    assert state_of(drafted) == RequestState.WITHDRAWN
    officer.post(path("withdraw", drafted))
    assert state_of(drafted) == RequestState.WITHDRAWN


def test_what_was_granted_is_told_by_what_the_disk_did(device, officer, taxpayer_client):
    officer.post(reverse("admin:disk-draft", args=["add_stock"]), {"serial": device.serial, **STOCK})
    decide(enter(bureau=device.taxpayer.bureau), "grant", DeviceRequest.objects.get())

    def told() -> str:
        return request_sentence(DeviceRequest.objects.select_related("command").get())

    assert "设备插好后" in told()
    carry_out(DeviceCommand.objects.get())
    assert told() == "号码已写入设备，可以使用。"
    DeviceRequest.objects.update(kind="unblock")
    assert "设备已解锁" in told()


def test_who_serves_the_company_decides_nothing(asked, device):
    inside = enter(bureau=device.taxpayer.bureau)
    MembershipFactory(taxpayer=device.taxpayer, user=inside.user)
    assert "回避" in words_of(inside.get(path("request", asked)))
    assert decide(inside, "grant", asked).status_code == 403


STOCK = {"kind": "007", "segment": "061002600199", "first": "1", "last": "50", "note": "领用"}


def test_stock_is_drafted_by_one_officer_and_granted_by_another(device, officer):
    url = reverse("admin:disk-draft", args=["add_stock"])
    officer.post(url, {"serial": device.serial, **STOCK})
    drafted = DeviceRequest.objects.get()
    assert "您本人提出" in words_of(officer.get(path("request", drafted)))
    assert decide(officer, "grant", drafted).status_code == 403
    other = enter(bureau=device.taxpayer.bureau)
    decide(other, "grant", drafted)
    command = DeviceCommand.objects.get()
    assert carry_out(command).state == CommandState.DONE
    assert "发票购入" in words_of(other.get(QUEUE, {"view": "done"}))


def test_a_change_of_issue_data_asks_for_something_to_change(device, officer):
    url = reverse("admin:disk-draft", args=["change"])
    assert officer.post(url, {"serial": device.serial, "note": "变更"}).status_code == 422
    officer.post(url, {"serial": device.serial, "note": "变更", "taxpayer_name": "西安新名有限公司"})
    drafted = DeviceRequest.objects.get()
    services.grant_request(actor=officer_of(device), request=drafted)
    assert DeviceRequest.objects.get().command.payload["change"]["taxpayer_name"] == "西安新名有限公司"


def test_no_order_is_drafted_for_a_disk_of_another_district(device):
    stranger = enter(bureau=BureauFactory(code="16101160000", name="长安区税务局"))
    answer = stranger.post(reverse("admin:disk-draft", args=["add_stock"]), {"serial": device.serial, **STOCK})
    assert answer.status_code == 404
    assert not DeviceRequest.objects.exists()


def test_the_wrong_post_drafts_nothing(device):
    auditor = enter(bureau=device.taxpayer.bureau, post=Post.AUDITOR)
    answer = auditor.post(reverse("admin:disk-draft", args=["add_stock"]), {"serial": device.serial, **STOCK})
    assert answer.status_code == 403
    assert not DeviceRequest.objects.exists()


def test_two_officers_at_once_decide_once(asked, device):
    first, second = OfficerFactory(bureau=device.taxpayer.bureau), OfficerFactory(bureau=device.taxpayer.bureau)
    services.grant_request(actor=first, request=asked)
    granted = services.grant_request(actor=second, request=asked)
    assert granted.transport_pin == ""
    assert granted.request.decided_by_id == first.pk
