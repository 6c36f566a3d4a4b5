"""The device manager in a real browser: loss and replacement from the first page to the officer's decision."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from devices import services
from devices.models import DeviceRequest
from tests.console_pages.people import enter
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, sign_in
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])


class Visitor:
    """A browser that looks closely at each page it comes to."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base

    def go(self, path: str, name: str) -> None:
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == 200, f"{path} answered {answer.status}"
        self.look(name)

    def press(self, label: str, name: str) -> None:
        self.page.locator("main").get_by_role("button", name=label, exact=True).click()
        self.look(name)

    def follow(self, label: str, name: str) -> None:
        self.page.locator("main").get_by_role("link", name=label, exact=True).click()
        self.look(name)

    def look(self, name: str) -> None:
        self.page.wait_for_load_state("load")
        expect(self.page.locator("h1")).to_have_count(1)
        if folder := os.environ.get("HALL_PICTURES"):
            width = self.page.viewport_size["width"] if self.page.viewport_size else 0
            self.page.screenshot(path=Path(folder) / f"disk-{name}-{width}.png", full_page=True)
        assert_no_side_scroll(self.page)
        assert_accessible(self.page)


@pytest.fixture
def member() -> HallClient:
    return HallClient().enter_as(MembershipFactory(finance=True))


@pytest.fixture
def disk(member: HallClient, card_rack: Any) -> Any:
    disk = DeviceFactory(taxpayer=member.taxpayer)
    card_rack.add(disk)
    services.read_device(actor=None, device=disk)
    return disk


@pytest.fixture
def visitor(page: Page, live_server: object) -> Iterator[Visitor]:
    yield Visitor(page, str(live_server))
    # Nothing of a test may still be asked of the server when its tables are emptied.
    page.goto("about:blank")


def as_officer(visitor: Visitor, disk: Any) -> None:
    visitor.page.context.clear_cookies()
    sign_in(visitor.page, enter(bureau=disk.taxpayer.bureau), visitor.base)


@SIZES
def test_a_loss_is_reported_and_followed_up(visitor: Visitor, member: HallClient, disk: Any, size: Any) -> None:
    visitor.page.set_viewport_size(size)
    sign_in(visitor.page, member, visitor.base)
    visitor.go(reverse("devices:device-list"), "list")
    visitor.go(disk.get_absolute_url(), "detail")
    visitor.follow("报失", "loss")
    visitor.press("立即挂失", "loss-refused")
    expect(visitor.page.get_by_role("alert").first).to_be_visible()
    visitor.page.get_by_label("被盗").check()
    visitor.page.get_by_label("我确认这块设备已不在本企业手中，要求立即停用").check()
    visitor.press("立即挂失", "loss-done")
    expect(visitor.page.locator("main")).to_contain_text("设备已停用")
    visitor.follow("返回设备", "lost-detail")
    expect(visitor.page.locator("main")).to_contain_text("已挂失")

    as_officer(visitor, disk)
    visitor.go(reverse("admin:disk-queue"), "queue")
    asked = DeviceRequest.objects.get()
    visitor.go(reverse("admin:disk-request", args=[asked.pk]), "request")
    visitor.follow("同意", "decide")
    visitor.press("确认同意", "decided")
    expect(visitor.page.locator("main")).to_contain_text("已同意")


@SIZES
def test_a_disk_that_is_not_readable_is_replaced(
    visitor: Visitor, member: HallClient, disk: Any, card_rack: Any, size: Any
) -> None:
    visitor.page.set_viewport_size(size)
    card_rack.pull(disk)
    type(disk).objects.filter(pk=disk.pk).update(last_seen_at=disk.created_at.replace(year=2025))
    sign_in(visitor.page, member, visitor.base)
    visitor.go(reverse("devices:device-replace", args=[disk.serial]), "replace")
    visitor.page.get_by_label("损坏").check()
    visitor.press("继续，读旧设备", "replace-check")
    expect(visitor.page.locator("main")).to_contain_text("旧设备读不出")
    visitor.press("提交更换申请", "replace-asked")
    expect(visitor.page.locator("main")).to_contain_text("等待税务人员办理")

    as_officer(visitor, disk)
    asked = DeviceRequest.objects.get()
    visitor.go(reverse("admin:disk-grant", args=[asked.pk]), "replace-decide")
    visitor.page.get_by_label("办理意见").fill("按存根联补录，专人跟进")
    visitor.press("确认同意", "replace-decided")

    visitor.page.context.clear_cookies()
    sign_in(visitor.page, member, visitor.base)
    new = DeviceFactory(taxpayer=member.taxpayer)
    card_rack.add(new)
    visitor.go(asked.get_absolute_url(), "replace-granted")
    visitor.follow("接入新设备", "successor")
    visitor.page.get_by_label("新设备编号").fill(new.serial)
    visitor.press("接入新设备", "successor-done")
    expect(visitor.page.locator("main")).to_contain_text(new.serial)


@SIZES
def test_every_other_act_is_looked_at(visitor: Visitor, member: HallClient, disk: Any, size: Any) -> None:
    visitor.page.set_viewport_size(size)
    sign_in(visitor.page, member, visitor.base)
    visitor.go(reverse("devices:compatibility"), "compatibility")
    visitor.press("量一下设备", "compatibility-measured")
    for name in ("read", "unblock", "cancel", "support"):
        visitor.go(reverse(f"devices:device-{name}", args=[disk.serial]), name)
    visitor.go(reverse("devices:device-test", args=[disk.serial]), "test")
    visitor.press("开始自检", "tested")
    expect(visitor.page.locator("main")).to_contain_text("密钥与登记的一致")
    as_officer(visitor, disk)
    for kind in ("change", "add_stock"):
        visitor.go(reverse("admin:disk-draft", args=[kind]), f"draft-{kind}")
