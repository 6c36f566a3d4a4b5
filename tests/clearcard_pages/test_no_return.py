"""A quarterly filer's month without a return (U-30): nobody is sent to file, and the quarter's return is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import Taxpayer
from clearcard import services
from devices.models import Device
from tests.clearcard.scene import Scene
from tests.clearcard_pages.pages import address, main_of
from tests.harness.clients import HallClient

pytestmark = pytest.mark.django_db
WORDS = "2026 年 10 月没有应申报的增值税申报表，不用去申报；2026 年第 4 季度的申报表从 2027-01-01 起申报"


def test_every_page_on_the_way_says_so_and_none_leads_to_filing(scene: Scene, enter: Callable[..., HallClient]) -> None:
    Taxpayer.objects.filter(pk=scene.taxpayer.pk).update(period_kind="quarterly")
    scene.issue()
    scene.report()
    client, device = enter(), Device.objects.get(pk=scene.device.pk)
    case = services.start_case(actor=scene.user, device=device)
    services.choose_type(actor=scene.user, case=case, kind="monthly")
    for page in (
        reverse("devices:device-report", args=[device.serial]), reverse("desk"), reverse("clearcard:case-list"),
        address("prepare", case), address("verify", case),
    ):  # fmt: skip
        words = main_of(client.get(page))
        assert WORDS in words, page
        assert "去申报 " not in words
        assert "下一步：申报缴款" not in words
    assert "去申报" not in [todo.verb for todo in client.get(reverse("desk")).context["todos"]]
