"""The pages of devices: works, wrong role, outsider, fault."""

from __future__ import annotations

import logging

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from devices import services
from devices.models import DeviceCommand, DeviceReading, DeviceReport
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import officer_of
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.cards import PIN
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
OCTOBER = TaxPeriod.month(2026, 10)


@pytest.fixture
def device(frozen_day, taxpayer_client, card_rack):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=OCTOBER)
    card_rack.add(device)
    return device


def address(name, device):
    return reverse(f"devices:device-{name}", args=[device.serial])


def test_list_tells_each_disk_in_words(taxpayer_client, device):
    page = taxpayer_client.get(reverse("devices:device-list")).content.decode()
    assert device.serial in page
    assert "待抄报" in page
    assert "<meter" in page


def test_list_of_a_company_without_disk_says_what_that_means(frozen_day, taxpayer_client):
    assert "不用清卡" in taxpayer_client.get(reverse("devices:device-list")).content.decode()


@pytest.mark.parametrize("name", ["detail", "unlock", "pin", "report"])
def test_another_companys_disk_is_not_found(outsider_client, device, name):
    assert outsider_client.get(address(name, device)).status_code == 404


def test_another_companys_disk_is_not_read(outsider_client, device):
    assert outsider_client.post(address("read", device)).status_code == 404
    assert not DeviceReading.objects.exists()


def test_reading_keeps_what_the_disk_said(taxpayer_client, device):
    taxpayer_client.post(address("read", device))
    assert DeviceReading.objects.filter(device=device).count() == 1
    page = taxpayer_client.get(address("detail", device)).content.decode()
    assert "已通过挑战应答证明" in page
    assert "读卡" in page


def test_the_page_names_the_algorithms_and_that_no_module_is_certified(taxpayer_client, frozen_day, profile):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=OCTOBER, algorithm=profile)
    page = taxpayer_client.get(address("detail", device)).content.decode()
    assert {"intl": "ECDSA P-256", "sm": "SM2、SM3、SM4"}[profile] in page
    assert "非商用密码认证产品" in page


def test_reading_an_absent_disk_says_that_nothing_was_sent(taxpayer_client, device, card_rack):
    card_rack.pull(device)
    page = taxpayer_client.post(address("read", device), follow=True).content.decode()
    assert "没有读到这块税控设备" in page
    assert not DeviceReading.objects.exists()


def test_tries_left_are_said_before_the_pin_is_asked(taxpayer_client, device):
    assert "还可以输入 8 次" in taxpayer_client.get(address("unlock", device)).content.decode()


def test_right_pin_opens_the_disk_and_goes_back(taxpayer_client, device):
    answer = taxpayer_client.post(address("unlock", device), {"pin": PIN, "next": "/invoices/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/invoices/"


def test_a_foreign_next_address_is_not_followed(taxpayer_client, device):
    answer = taxpayer_client.post(address("unlock", device), {"pin": PIN, "next": "https://evil.example/"})
    assert answer["Location"] == device.get_absolute_url()


def test_wrong_pin_says_how_many_tries_are_left_and_is_not_tried_again(taxpayer_client, device, card_rack):
    answer = taxpayer_client.post(address("unlock", device), {"pin": "000000"})
    assert answer.status_code == 422
    assert "剩余 7 次" in answer.content.decode()
    assert "还可以输入 7 次" in answer.content.decode()
    taxpayer_client.post(address("read", device))
    assert "还可以输入 7 次" in taxpayer_client.get(address("unlock", device)).content.decode()


def test_a_pin_of_the_wrong_length_is_not_sent_to_the_disk(taxpayer_client, device):
    answer = taxpayer_client.post(address("unlock", device), {"pin": "123"})
    assert answer.status_code == 422
    assert "还可以输入 8 次" in answer.content.decode()


def test_blocked_disk_says_what_to_do(taxpayer_client, device):
    for _ in range(8):
        taxpayer_client.post(address("unlock", device), {"pin": "000000"})
    page = taxpayer_client.get(address("unlock", device)).content.decode()
    assert "设备口令已锁定" in page
    assert "办税服务厅" in page


def test_absent_disk_offers_to_read_again_instead_of_asking_the_pin(taxpayer_client, device, card_rack):
    card_rack.pull(device)
    page = taxpayer_client.get(address("unlock", device)).content.decode()
    assert "没有读到这块税控设备" in page
    assert 'name="pin"' not in page


def test_pin_is_written_nowhere(taxpayer_client, device, caplog):
    with caplog.at_level(logging.DEBUG):
        taxpayer_client.post(address("unlock", device), {"pin": PIN})
        taxpayer_client.post(address("report", device))
    assert PIN not in caplog.text
    rows = [*AuditEvent.objects.values(), *DeviceCommand.objects.values(), *DeviceReading.objects.values()]
    assert rows
    assert PIN not in str(rows)


def pins(old=PIN, new="13579135", again="13579135"):
    return {"old": old, "new": new, "again": again}


def test_the_pin_is_changed_on_its_page(taxpayer_client, device):
    assert "还可以输入 8 次" in taxpayer_client.get(address("pin", device)).content.decode()
    page = taxpayer_client.post(address("pin", device), pins(), follow=True).content.decode()
    assert "设备口令已修改" in page
    assert taxpayer_client.post(address("unlock", device), {"pin": "13579135"}).status_code == 302


def test_new_pins_that_differ_are_not_sent_to_the_disk(taxpayer_client, device):
    answer = taxpayer_client.post(address("pin", device), pins(again="24680246"))
    assert answer.status_code == 422
    assert "两次输入的新口令不一样" in answer.content.decode()
    assert "还可以输入 8 次" in answer.content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"), [({"old": "000000"}, "剩余 7 次"), ({"new": PIN, "again": PIN}, "新口令与原口令相同")]
)
def test_a_refused_change_says_why_and_shows_no_pin(taxpayer_client, device, wrong, words):
    answer = taxpayer_client.post(address("pin", device), pins(**wrong))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert PIN not in answer.content.decode()


def test_a_change_whose_answer_was_lost_is_told_as_not_known(taxpayer_client, device, card_rack):
    card_rack.faults(device).arm({"vanish_after": True, "on": "CHANGE_PIN"})
    answer = taxpayer_client.post(address("pin", device), pins())
    assert "口令是否已改还不知道" in answer.content.decode()


def test_a_disk_that_was_unblocked_tells_to_set_a_pin_first(taxpayer_client, device):
    order = services.unblock_pin(actor=officer_of(device), device=device)
    services.carry_out_command(command_id=order.command.pk)
    answer = taxpayer_client.post(address("unlock", device), {"pin": PIN})
    assert "一次性口令设置新口令" in answer.content.decode()
    done = taxpayer_client.post(address("pin", device), pins(old=order.transport_pin), follow=True)
    assert "设备口令已修改" in done.content.decode()
    assert "口令解锁" in taxpayer_client.get(address("detail", device)).content.decode()


def test_report_page_says_that_voiding_closes(taxpayer_client, device):
    assert "不能再作废" in taxpayer_client.get(address("report", device)).content.decode()


def test_report_asks_for_the_pin_first(taxpayer_client, device):
    answer = taxpayer_client.post(address("report", device))
    assert answer["Location"].startswith(address("unlock", device))
    assert not DeviceReport.objects.exists()


def test_report_shows_the_totals_that_the_disk_signed_and_repeats_the_same(taxpayer_client, device, card_rack):
    card_rack.unlock(device)
    page = taxpayer_client.post(address("report", device), follow=True).content.decode()
    assert "已验签" in page
    taxpayer_client.post(address("report", device))
    assert DeviceReport.objects.filter(device=device).count() == 1
    device.refresh_from_db()
    assert device.is_reported


def test_issuer_may_not_report(device, card_rack):
    issuer = HallClient().enter_as(MembershipFactory(taxpayer=device.taxpayer, issuer=True))
    card_rack.unlock(device)
    assert issuer.post(address("report", device)).status_code == 403
    assert not DeviceReport.objects.exists()


def test_report_before_the_end_of_the_period_is_explained(taxpayer_client, card_rack, freeze):
    freeze("2026-11-20 10:00")
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=TaxPeriod.month(2026, 11))
    page = taxpayer_client.get(address("report", device)).content.decode()
    assert "所属期还没有结束" in page


def test_detail_is_shown_when_the_card_host_is_down(taxpayer_client, frozen_day, settings, tmp_path):
    settings.CARDHOST_SOCKET = str(tmp_path / "nobody.sock")
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=OCTOBER)
    page = taxpayer_client.get(address("detail", device))
    assert page.status_code == 200
    assert "没有响应" in page.content.decode()


def test_api_lists_only_visible_disks(device, api_client, outsider_client, taxpayer_client):
    api_client.force_authenticate(taxpayer_client.user)
    listed = api_client.get("/api/v1/devices/").json()["results"]
    assert [each["serial"] for each in listed] == [device.serial]
    assert api_client.get(f"/api/v1/devices/{device.serial}/").json()["period"] == "2026-10"
    api_client.force_authenticate(outsider_client.user)
    assert api_client.get("/api/v1/devices/").json()["results"] == []
    assert api_client.get(f"/api/v1/devices/{device.serial}/").status_code == 404
