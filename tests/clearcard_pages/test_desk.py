"""The desk (U-02): what is to be done, in the order in which it can be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from clearcard.selectors import preparation_checks
from clearcard.shapes import PreparationCheck
from devices import services as device_services
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import main_of
from tests.devices.authority import carry_out
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


def upload_check(scene: Scene) -> PreparationCheck:
    """Return the check of the preparation page about uploads."""
    scene.device.refresh_from_db()
    return next(each for each in preparation_checks(device=scene.device, actor=scene.user) if each.code == "uploaded")


def test_the_disk_is_reported_then_the_return_filed_then_the_disk_cleared(scene: Scene, enter: Enter) -> None:
    scene.issue()
    scene.freeze("2026-11-05 10:00")
    client = enter()
    words = main_of(client.get(reverse("desk")))
    assert words.index("去抄报") < words.index("去申报")
    scene.report()
    words = main_of(client.get(reverse("desk")))
    assert "去抄报" not in words
    assert words.index("去申报") < words.index("去清卡")


def test_after_the_report_the_next_step_is_the_return(scene: Scene, enter: Enter) -> None:
    scene.issue()
    scene.freeze("2026-11-05 10:00")
    scene.report()
    page = enter().get(reverse("devices:device-report", args=[scene.device.serial])).content.decode()
    assert f'href="{reverse("filing:return-list")}">下一步：申报缴款' in page


def test_what_the_disk_was_not_told_is_counted_alike_everywhere_and_goes_when_it_is_told(
    scene: Scene, enter: Enter
) -> None:
    scene.issue()
    client = enter()
    pages = [reverse("desk"), scene.device.get_absolute_url()]
    assert "离线票 1 份" in main_of(client.get(pages[0]))
    assert "已用 1 份" in main_of(client.get(pages[1]))
    scene.freeze("2026-11-05 10:00")
    told = upload_check(scene)
    assert told.outcome == "pass", "the hall holds it; only the disk does not know yet"
    assert str(told.measured).startswith("未上传 0 张；设备上还有离线票 1 份")
    carry_out(device_services.acknowledge_upload(device=scene.device))
    client = enter()  # weeks have passed since the first visit
    assert "离线票" not in main_of(client.get(pages[0]))
    assert "已用 0 份" in main_of(client.get(pages[1]))
    assert upload_check(scene).measured == "未上传 0 张"
