"""Endpoints in a real browser: registered, tested, stopped, removed; wide and narrow, and without script."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import Membership
from invoicing import services
from invoicing.models import HookEndpoint
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import VoidedInvoiceFactory
from tests.harness.browser import DESKTOP, PHONE, open_page, press, sign_in
from tests.harness.clients import HallClient
from tests.invoicing.hooks.receiver import Receiver
from tests.invoicing.test_browser import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(transactional_db: None) -> Membership:
    """Return a 财务负责人."""
    return MembershipFactory(finance=True, taxpayer__name="西安示例商贸有限公司")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
def test_an_endpoint_from_its_first_day_to_its_last(
    page: Page, company: Membership, receiver: Receiver, live_server: object, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page, HallClient().enter_as(company), str(live_server))
    open_page(page, f"{live_server}/invoices/hooks/")
    look(page, "hook-empty")
    page.get_by_role("textbox", name="接收地址").fill("http://192.168.1.1/")
    press(page, page.get_by_role("button", name="登记"))
    look(page, "hook-refused")
    page.get_by_role("textbox", name="接收地址").fill(receiver.url)
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("textbox", name="签名密钥")).to_have_value(re.compile(r"^whsec_\S{43}$"))
    look(page, "hook-secret")
    page.get_by_role("link", name="已保存，继续").click()
    page.get_by_role("button", name="测试推送").click()
    VoidedInvoiceFactory(
        taxpayer=company.taxpayer, device=DeviceFactory(taxpayer=company.taxpayer), drawer=company.user
    )
    receiver.answers = [204, 500]
    services.deliver_hooks(endpoint_id=HookEndpoint.objects.get().pk)
    HookEndpoint.objects.update(state="stopped", stopped_at=timezone.now())
    page.reload()
    expect(page.get_by_role("heading", name="推送记录")).to_be_visible()
    look(page, "hook-detail")
    page.get_by_role("button", name="恢复").click()
    expect(page.get_by_text("已恢复")).to_be_visible()
    press(page, page.get_by_role("link", name="更换签名密钥"))
    look(page, "hook-rotate")
    page.go_back()
    press(page, page.get_by_role("link", name="删除"))
    look(page, "hook-remove")
    page.get_by_role("button", name="删除").click()
    expect(page.get_by_text("接收地址已删除")).to_be_visible()
    open_page(page, f"{live_server}/help/interfaces/")
    look(page, "hook-help")


def test_endpoints_work_without_script(
    browser: Browser, company: Membership, receiver: Receiver, live_server: object
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, HallClient().enter_as(company), str(live_server))
    page.goto(f"{live_server}/invoices/hooks/")
    page.get_by_role("textbox", name="接收地址").fill(receiver.url)
    page.get_by_role("textbox", name="接收地址").press("Enter")
    page.get_by_role("link", name="已保存，继续").click()
    page.get_by_role("button", name="暂停").click()
    expect(page.get_by_text("已暂停。变动会保留 30 天")).to_be_visible()
    context.close()
