"""The compatibility page: every link measured, what was not measured told as unknown, each with its fix."""

from __future__ import annotations

import pytest
from django.urls import reverse

from devices.rules import browsers
from taxhall.common.periods import TaxPeriod
from tests.factories.devices import DeviceFactory

PAGE = "devices:compatibility"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605"
)


@pytest.fixture
def device(frozen_day, taxpayer_client, card_rack):
    device = DeviceFactory(taxpayer=taxpayer_client.taxpayer, period=TaxPeriod.month(2026, 10))
    card_rack.add(device)
    return device


def words(answer):
    return answer.content.decode()


@pytest.mark.django_db
def test_every_link_is_named_and_nothing_is_assumed(taxpayer_client, device):
    page = words(taxpayer_client.get(reverse(PAGE), headers={"user-agent": CHROME.format("156.0.0.0")}))
    for link in ("浏览器", "操作系统", "读卡服务", "读卡器", "驱动", "设备程序"):
        assert link in page
    assert "Chrome 156" in page
    assert "Windows 10.0" in page
    assert "还没有量" in page


@pytest.mark.django_db
def test_the_disk_itself_says_which_applet_it_runs(taxpayer_client, device):
    page = words(taxpayer_client.post(reverse(PAGE)))
    assert "还没有量" not in page
    assert "演示盘" in page


@pytest.mark.django_db
def test_a_disk_that_is_not_there_is_told_with_its_fix(taxpayer_client, device, card_rack):
    card_rack.pull(device)
    page = words(taxpayer_client.post(reverse(PAGE)))
    assert "设备不在读卡器中" in page
    assert "请把设备插入读卡器" in page
    assert "没有读到这块税控设备" in page


@pytest.mark.django_db
def test_a_silent_card_service_is_told(taxpayer_client, frozen_day, settings, tmp_path):
    settings.CARDHOST_SOCKET = str(tmp_path / "nobody.sock")
    page = words(taxpayer_client.get(reverse(PAGE)))
    assert "没有响应" in page
    assert "disk.host_unavailable" in page


@pytest.mark.django_db
def test_another_companys_disks_are_not_on_it(outsider_client, device):
    assert device.serial not in words(outsider_client.get(reverse(PAGE)))


@pytest.mark.parametrize(
    ("agent", "name", "version", "outcome"),
    [
        (CHROME.format("156.0.0.0"), "Chrome", "156", "ok"),
        (CHROME.format("80.0.1"), "Chrome", "80", "bad"),
        (CHROME.format("120.0.0.0") + " Edg/120.0.1", "Edge", "120", "ok"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "128", "ok"),
        (SAFARI, "Safari", "17", "ok"),
        ("curl/8.5", "", "", "unknown"),
        ("", "", "", "unknown"),
    ],
)
def test_a_browser_is_known_by_what_it_says(agent, name, version, outcome):
    seen = browsers.browser_of(agent)
    assert (seen.name, seen.version, browsers.browser_outcome(seen)) == (name, version, outcome)


@pytest.mark.parametrize(
    ("agent", "name", "outcome"),
    [
        (CHROME.format("156.0"), "Windows", "ok"),
        ("Mozilla/5.0 (Windows NT 6.1) Chrome/109.0", "Windows", "bad"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux", "ok"),
        (SAFARI, "macOS", "warn"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Version/17.4 Safari/604", "iOS", "warn"),
        ("curl/8.5", "", "unknown"),
    ],
)
def test_a_system_is_known_by_what_it_says(agent, name, outcome):
    seen = browsers.system_of(agent)
    assert (seen.name, browsers.system_outcome(seen)) == (name, outcome)
