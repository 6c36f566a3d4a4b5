"""Acts on a disk: read, try out, unblock, cancel, support bundle. Works, wrong role, repeat, outsider, fault."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from devices import selectors, services
from devices.choices import RequestKind
from devices.models import DeviceReading, DeviceRequest, DiskLogRecord
from devices.services.support import REMOVED, scrub
from taxhall.common.periods import TaxPeriod
from tests.devices.authority import record_issue, return_all_stock
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory, DeviceReadingFactory
from tests.harness.cards import PIN
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = TaxPeriod.month(2026, 10), TaxPeriod.month(2026, 11)
PAGES = ("read", "test", "unblock", "loss", "cancel", "replace", "stock-ask", "stock-return", "support")


@pytest.fixture
def device(frozen_day, taxpayer_client, card_rack):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=OCTOBER)
    card_rack.add(device)
    return device


@pytest.fixture
def issuer(device):
    return HallClient().enter_as(MembershipFactory(taxpayer=device.taxpayer, issuer=True))


def address(name, device):
    return reverse(f"devices:device-{name}", args=[device.serial])


def words(answer):
    return answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_each_act_is_told_before_it_is_done(taxpayer_client, device, name):
    answer = taxpayer_client.get(address(name, device))
    assert answer.status_code == 200
    assert device.serial in words(answer)
    assert not DeviceReading.objects.exists()
    assert not DeviceRequest.objects.exists()


@pytest.mark.parametrize("name", [*PAGES, "replace-check"])
def test_the_acts_of_another_companys_disk_are_not_found(outsider_client, device, name):
    assert outsider_client.get(address(name, device)).status_code == 404
    if name != "support":
        assert outsider_client.post(address(name, device), {"cause": "lost", "confirm": "on"}).status_code == 404
    assert outsider_client.post(address("bundle", device)).status_code == 404
    device.refresh_from_db()
    assert device.status == "active"


def test_reading_keeps_the_disks_own_log_once(taxpayer_client, device, card_rack):
    card_rack.unlock(device)
    card_rack.issue(device, ("1", "100.00", "1.00"))
    taxpayer_client.post(address("read", device))
    kept = DiskLogRecord.objects.filter(device=device).count()
    assert kept
    taxpayer_client.post(address("read", device))
    assert DiskLogRecord.objects.filter(device=device).count() == kept
    assert "设备日志第" in words(taxpayer_client.get(address("detail", device)))


def text(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", words(answer)).split())


def moment_of(at):
    return datetime.fromisoformat(f"2026-11-16T{at}:00+08:00")


def look(device, at, reader="桌上读卡器"):
    return DeviceReadingFactory(
        device=device, taken_at=datetime.fromisoformat(f"2026-11-16T{at}:00+08:00"), reader=reader
    )


def logged(device, number, at):
    moment = datetime.fromisoformat(f"2026-11-16T{at}:00+08:00")
    return DiskLogRecord.objects.create(device=device, number=number, at=moment, event="invoice_issued")


def test_looks_between_two_events_are_one_line(taxpayer_client, device):
    for at in ("08:01", "08:02", "08:03"):
        look(device, at)
    logged(device, 1, "08:10")
    look(device, "08:11")
    look(device, "08:12", reader="另一台")
    page = text(taxpayer_client.get(address("detail", device)))
    assert "读卡 2026-11-16 08:03 桌上读卡器；从 2026-11-16 08:01 到 2026-11-16 08:03，共 3 次" in page
    order = [page.index(each) for each in ("2026-11-16 08:12 另一台", "2026-11-16 08:11 桌上读卡器", "设备日志第 1 条")]
    assert order == sorted(order)
    assert order[-1] < page.index("共 3 次")


def test_a_disk_that_was_only_looked_at_has_a_story_of_one_line(taxpayer_client, device):
    for minute in range(30):
        look(device, f"08:{minute:02}")
    page = text(taxpayer_client.get(address("detail", device)))
    assert "从 2026-11-16 08:00 到 2026-11-16 08:29，共 30 次" in page
    assert "第 1 页" not in page


def test_important_leaves_the_looks_out_and_goes_through_the_pages(taxpayer_client, device):
    for number in range(1, 24):
        logged(device, number, f"07:{number:02}")
    look(device, "08:00")
    url = address("detail", device)
    page = taxpayer_client.get(url, {"show": "important"})
    assert "桌上读卡器" not in text(page)
    assert "?show=important&amp;page=2" in words(page)
    assert "桌上读卡器" in text(taxpayer_client.get(url))
    assert "桌上读卡器" in text(taxpayer_client.get(url, {"show": "nonsense"}))


def test_every_look_is_on_exactly_one_page(taxpayer_client, device):
    for number in range(1, 24):
        logged(device, number, f"07:{2 * number:02}")
        look(device, f"07:{2 * number + 1:02}")
        look(device, f"07:{2 * number:02}")
    look(device, "06:00")
    pages = [text(taxpayer_client.get(address("detail", device), {"page": number})) for number in (1, 2)]
    assert "第 1 页，共 2 页" in pages[0]
    assert "第 2 页，共 2 页" in pages[1]
    runs = [selectors.journal_page(device=device, number=number).object_list for number in (1, 2)]
    told = [entry for entries in runs for entry in entries if entry.title == "读卡"]
    counted = sum(int(found[1]) if (found := re.search(r"共 (\d+) 次", str(entry.note))) else 1 for entry in told)
    assert counted == DeviceReading.objects.filter(device=device).count() == 47


def test_the_self_test_measures_and_is_audited(taxpayer_client, device):
    page = words(taxpayer_client.post(address("test", device)))
    assert "密钥与登记的一致" in page
    assert "还可以输入 8 次；自检不使用口令" in page
    assert AuditEvent.objects.filter(action="devices.self_test").count() == 1


def test_the_self_test_of_an_absent_disk_says_so_and_guesses_nothing(taxpayer_client, device, card_rack):
    card_rack.pull(device)
    page = words(taxpayer_client.post(address("test", device)))
    assert "没有读到这块税控设备" in page
    assert "正常" not in page


def test_unblocking_is_asked_for_once(taxpayer_client, device):
    first = taxpayer_client.post(address("unblock", device), {"note": "忘记口令"})
    again = taxpayer_client.post(address("unblock", device), {"note": "再一次"})
    assert first["Location"] == again["Location"]
    asked = DeviceRequest.objects.get(kind=RequestKind.UNBLOCK)
    assert "等待税务人员办理" in words(taxpayer_client.get(asked.get_absolute_url()))
    assert AuditEvent.objects.filter(action="devices.request_made").count() == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [("unblock", {}), ("loss", {"cause": "lost", "confirm": "on"}), ("cancel", {"cause": "digital"})],
)
def test_an_issuer_may_not_ask_and_is_told_who_may(issuer, device, name, data):
    assert "您的身份不能办理" in words(issuer.get(address(name, device)))
    assert issuer.post(address(name, device), data).status_code == 403
    assert not DeviceRequest.objects.exists()


def test_an_issuer_may_not_replace(issuer, device):
    assert issuer.post(address("replace", device), {"cause": "damaged"}).status_code == 403


def test_a_request_can_be_taken_back_while_it_waits(taxpayer_client, device):
    services.ask_unblock(actor=taxpayer_client.user, device=device)
    asked = DeviceRequest.objects.get()
    back = reverse("devices:request-withdraw", args=[device.serial, asked.pk])
    assert "不再办理" in words(taxpayer_client.get(back))
    page = taxpayer_client.post(back, follow=True)
    assert "您已撤回这份申请" in words(page)
    taxpayer_client.post(back)
    assert AuditEvent.objects.filter(action="devices.request_withdrawn").count() == 1


def test_a_request_of_another_company_is_not_found(taxpayer_client, outsider_client, device):
    asked = services.ask_unblock(actor=taxpayer_client.user, device=device)
    for name in ("detail", "withdraw", "successor"):
        path = reverse(f"devices:request-{name}", args=[device.serial, asked.pk])
        assert outsider_client.get(path).status_code == 404


def test_cancelling_says_what_must_be_done_first(taxpayer_client, device):
    page = words(taxpayer_client.get(address("cancel", device)))
    assert "请先退回空白发票" in page
    assert "提交注销申请" not in page
    answer = taxpayer_client.post(address("cancel", device), {"cause": "digital"})
    assert answer.status_code == 409
    assert not DeviceRequest.objects.exists()


def test_a_disk_with_nothing_open_can_be_cancelled(taxpayer_client, card_rack, freeze):
    freeze("2026-11-20 10:00")
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=NOVEMBER)
    card_rack.add(device)
    return_all_stock(device)
    page = taxpayer_client.post(address("cancel", device), {"cause": "digital"}, follow=True)
    assert "等待税务人员办理" in words(page)
    assert DeviceRequest.objects.get().kind == RequestKind.CANCEL


SECRETS = {
    "pin": "口令=26110812",
    "token": "token: eyJhbGciOiJIUzI1NiJ9",
    "key": "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----",
    "digest": "a" * 64,
    "identity card": "610113199003077719",
    "phone": "13909290000",
}


def test_the_support_bundle_holds_no_secret_and_no_persons_number(taxpayer_client, device, card_rack):
    taxpayer_client.post(address("unlock", device), {"pin": PIN})
    record_issue(card_rack, device, "bundle")
    taxpayer_client.post(address("read", device))
    command = services.queue_command(actor=None, device=device, kind="issue", key="planted", payload={"pin": PIN})
    device.commands.filter(pk=command.pk).update(error_code="disk.not_read", error_text="；".join(SECRETS.values()))
    answer = taxpayer_client.post(address("bundle", device))
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert sorted(bundle.namelist()) == [
            "errors.json",
            "journal.json",
            "readiness.json",
            "status.json",
            "versions.json",
        ]
        text = "".join(bundle.read(name).decode() for name in bundle.namelist())
    assert device.serial in text
    assert "disk.not_read" in text
    planted = [PIN, "eyJhbGci", "MIGHAgEAMBMG", "a" * 32, *SECRETS.values(), device.certificate[40:80]]
    people = [device.taxpayer.number, device.taxpayer.name, taxpayer_client.user.username, str(taxpayer_client.user)]
    assert [secret for secret in [*planted, *people] if secret in text] == []
    assert AuditEvent.objects.filter(action="devices.support_bundle").count() == 1


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_sieve_takes_each_kind_of_secret_out(secret):
    told = scrub(f"出错：{secret}。")
    assert REMOVED in told
    assert secret not in told


def test_the_sieve_leaves_what_helps():
    plain = "设备 661000000001 在 Virtual PCD 00 00 没有回答，代码 disk.not_read，2026-11-16T10:00:00+08:00"
    assert scrub(plain) == plain
