"""Preparing (U-30): what was measured, where to mend it, and reading the disk anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from clearcard import services
from clearcard.models import ClearCardCase
from devices.models import Device, DeviceReading
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import ABSENT, address, main_of, require_learns_nothing
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
START = reverse("clearcard:case-start")
Enter = Callable[..., HallClient]


@pytest.fixture
def begun(scene: Scene) -> ClearCardCase:
    """Return an application of a company that has issued an invoice and done nothing else."""
    scene.issue()
    scene.freeze("2026-11-05 10:00")
    return services.start_case(actor=scene.user, device=Device.objects.get(pk=scene.device.pk))


def start(client: HallClient, scene: Scene, **changes: str) -> str:
    """Press 办理清卡; return where it leads."""
    answer = client.post(START, {"serial": scene.device.serial, "period": "2026-10"} | changes)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_what_is_lacking_is_measured_and_leads_to_where_it_is_mended(begun: ClearCardCase, enter: Enter) -> None:
    page = enter().get(address("prepare", begun))
    words = main_of(page)
    assert "还有 3 项需要先处理" in words
    assert "2026 年 10 月还没有抄报" in words
    assert "2026 年 10 月的增值税申报表还没有申报" in words
    for mended in (reverse("devices:device-report", args=[begun.device.serial]), reverse("filing:return-list")):
        assert f'href="{mended}"' in page.content.decode()
    for topic in ("f01", "f04", "f05"):
        assert f'href="{reverse("help-topic", args=[topic])}"' in page.content.decode()
    assert "先填写，稍后再处理" in words


def test_after_the_month_is_done_one_may_go_on(month: Scene, enter: Enter) -> None:
    client = enter()
    page = client.get(start(client, month))
    words = main_of(page)
    assert "没有需要先处理的事项，可以继续" in words
    assert "需要先处理" not in words.replace("没有需要先处理", "")
    assert f'href="{address("type", ClearCardCase.objects.get())}"' in page.content.decode()


def test_the_disk_is_read_anew_and_nothing_is_written_to_it(begun: ClearCardCase, scene: Scene, enter: Enter) -> None:
    before, counter = DeviceReading.objects.count(), scene.counter()
    client = enter()
    assert "最近一次读卡：2026-10-20 10:00" in main_of(client.get(address("prepare", begun)))
    words = main_of(client.post(address("prepare", begun), follow=True))
    assert "已读到设备，检查结果是刚刚测得的" in words
    assert "最近一次读卡：2026-11-05 10:00" in words
    assert (DeviceReading.objects.count(), scene.counter()) == (before + 1, counter)


def test_a_disk_that_was_pulled_is_told_and_nothing_was_sent(begun: ClearCardCase, scene: Scene, enter: Enter) -> None:
    scene.rack.pull(scene.device)
    words = main_of(enter().post(address("prepare", begun), follow=True))
    assert "没有读到这块税控设备，什么也没有发送，这次没有改动盘上数据和款项" in words
    assert "请把设备插入读卡器" in words


def test_the_disk_of_another_company_is_told_and_not_touched(
    begun: ClearCardCase, scene: Scene, make_scene: Callable[..., Scene], enter: Enter
) -> None:
    other = make_scene()
    scene.freeze("2026-11-05 10:00")
    scene.rack.swap(scene.device, other.device)
    before = DeviceReading.objects.count()
    words = main_of(enter().post(address("prepare", begun), follow=True))
    assert "读卡器里的设备不能证明自己就是登记的那一块，已停止操作，什么也没有写入" in words
    assert "请确认插入的是本企业的设备" in words
    assert DeviceReading.objects.count() == before


def test_pressing_twice_or_in_two_tabs_opens_one_application(month: Scene, enter: Enter) -> None:
    first, second = enter(), enter()
    assert start(first, month) == start(first, month) == start(second, month)
    assert ClearCardCase.objects.count() == 1


def test_a_page_from_before_the_clear_starts_nothing(month: Scene, enter: Enter) -> None:
    case = month.submit(month.prepare())
    services.review_case(case_id=case.pk)
    services.execute_clear(case_id=case.pk)
    client = enter()
    assert start(client, month) == reverse("clearcard:case-list")
    words = main_of(client.get(reverse("clearcard:case-list")))
    assert "2026 年 10 月已于 2026-11-05 清卡，不需要再办" in words
    assert f"凭证可在清卡申请 {case.number} 中下载" in words
    assert "2026 年 10 月已清卡，锁死日期已移到 2026-12-15。现在没有要清的所属期" in words
    assert "办理清卡" not in words
    assert ClearCardCase.objects.count() == 1


def test_an_issuer_looks_but_may_not_act(begun: ClearCardCase, scene: Scene, enter: Enter) -> None:
    issuer, before = enter("issuer"), DeviceReading.objects.count()
    page = issuer.get(address("prepare", begun))
    assert "请由法定代表人、财务负责人、管理员或办税员办理" in main_of(page)
    assert "重新读卡并检查" not in main_of(page)
    assert issuer.post(address("prepare", begun)).status_code == 403
    refused = issuer.post(START, {"serial": scene.device.serial})
    assert refused.status_code == 403
    assert "没有为这家企业办理清卡的权限" in main_of(refused)
    assert DeviceReading.objects.count() == before


def test_an_outsider_learns_nothing(begun: ClearCardCase, scene: Scene, stranger: HallClient) -> None:
    require_learns_nothing(stranger, "prepare", begun, {})
    foreign = stranger.post(START, {"serial": scene.device.serial})
    absent = stranger.post(START, {"serial": "661999999999"})
    assert foreign.status_code == absent.status_code == 404
    assert main_of(foreign) == main_of(absent)
    assert ClearCardCase.objects.count() == 1


@pytest.mark.parametrize("odd", ["%00", "..%2f", "QK", "9" * 5000, ABSENT])
def test_an_odd_number_is_not_found(begun: ClearCardCase, enter: Enter, odd: str) -> None:
    assert enter().get(f"/clear/{odd}/prepare/").status_code == 404


def test_what_was_handed_in_leads_to_its_progress(case: ClearCardCase, month: Scene, enter: Enter) -> None:
    month.submit(case)
    client = enter()
    for name in ("prepare", "type", "verify", "fill", "check"):
        shown = client.get(address(name, case), follow=True)
        assert shown.redirect_chain == [(address("detail", case), 302)], name
        assert "申请现在是“待审核”，不能再修改；这里是最新进度" in main_of(shown)
