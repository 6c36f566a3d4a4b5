"""The desk (U-02): what is to be done, in the order in which it can be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import main_of
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
Enter = Callable[..., HallClient]


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
