"""Signing in with a real browser: by keyboard, without script, at two widths, with axe."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from tests.factories.accounts import PASSWORD, MembershipFactory, NoticeFactory
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, open_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_sign_in_choose_a_company_and_read_a_message(live_server: Any, page: Page, size: Any) -> None:
    page.set_viewport_size(size)
    first = MembershipFactory(finance=True)
    MembershipFactory(user=first.user, legal=True)
    NoticeFactory(recipient=first.taxpayer, title="清卡申请已受理", link="/help/")
    open_page(page, f"{live_server.url}/account/login/?next=/help/")
    assert_accessible(page)
    page.get_by_label("统一社会信用代码或用户名").fill(first.user.username)
    page.get_by_label("密码", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("密码不符，没有登录")
    expect(page.get_by_label("密码", exact=True)).to_have_value("")
    assert_accessible(page)
    assert_no_side_scroll(page)

    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("选择要办税的企业")
    assert_accessible(page)
    assert_no_side_scroll(page)
    page.get_by_label(first.taxpayer.name).check()
    page.get_by_role("button", name="进入").click()
    expect(page).to_have_url(f"{live_server.url}/help/")

    open_page(page, live_server.url + reverse("accounts:inbox"))
    expect(page.locator("header.site")).to_contain_text(first.taxpayer.name)
    assert_accessible(page)
    assert_no_side_scroll(page)
    open_page(page, live_server.url + reverse("accounts:account"))
    page.get_by_label("新手机号码").fill("123")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("请填写登录密码")
    assert_accessible(page)
    assert_no_side_scroll(page)

    open_page(page, live_server.url + reverse("accounts:inbox"))
    page.get_by_role("button", name="查看").click()
    expect(page).to_have_url(f"{live_server.url}/help/")


def test_signing_in_needs_no_script(live_server: Any, browser: Browser) -> None:
    membership = MembershipFactory()
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{live_server.url}/account/login/?next=/help/")
    page.get_by_label("统一社会信用代码或用户名").fill(membership.user.username)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").last.click()
    expect(page).to_have_url(f"{live_server.url}/help/")
    context.close()
