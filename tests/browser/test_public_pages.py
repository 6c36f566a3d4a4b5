"""Public pages in a real browser: accessible, quiet, alone, and no wider than the window."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLACES = ("/", "/help/", "/help/f05/", "/help/clear-guide/", "/help/accessibility/")
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE, {"width": 320, "height": 700}], ids=["1280", "375", "320"])


@pytest.fixture
def watched(page: Page, live_server: object) -> Page:
    """Fail when the page speaks on the console or asks another host for anything."""
    page.said, page.strangers = [], []  # type: ignore[attr-defined]

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            page.said.append(message.text)  # type: ignore[attr-defined]

    def watch(request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost"):
            page.strangers.append(request.url)  # type: ignore[attr-defined]

    page.on("console", listen)
    page.on("request", watch)
    return page


@SIZES
@pytest.mark.parametrize("place", PLACES)
def test_a_public_page(watched: Page, live_server: object, size: dict[str, int], place: str) -> None:
    watched.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(watched, f"{live_server}{place}")
    assert watched.said == []  # type: ignore[attr-defined]
    assert watched.strangers == []  # type: ignore[attr-defined]
    assert_no_side_scroll(watched)
    assert_accessible(watched)


@SIZES
def test_every_part(watched: Page, live_server: object, officer_client: Client, size: dict[str, int]) -> None:
    watched.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(watched, officer_client, str(live_server))
    open_page(watched, f"{live_server}/gallery/")
    assert watched.said == []  # type: ignore[attr-defined]
    assert_no_side_scroll(watched)
    assert_accessible(watched)


def test_large_text_fits_too(page: Page, live_server: object, officer_client: Client) -> None:
    sign_in(page, officer_client, str(live_server))
    page.context.add_cookies([{"name": "hall_text", "value": "large", "url": str(live_server)}])
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/gallery/")
    assert_no_side_scroll(page)
    assert_accessible(page)


def test_the_first_tab_skips_to_the_text(page: Page, live_server: object) -> None:
    open_page(page, f"{live_server}/help/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_an_error_summary_takes_the_focus(page: Page, live_server: object, officer_client: Client) -> None:
    sign_in(page, officer_client, str(live_server))
    open_page(page, f"{live_server}/gallery/")
    expect(page.locator("[data-error-summary]")).to_be_focused()


def test_a_menu_opens_by_keyboard_and_closes_with_escape(
    page: Page, live_server: object, taxpayer_client: Client
) -> None:
    sign_in(page, taxpayer_client, str(live_server))
    open_page(page, f"{live_server}/help/")
    menu = page.locator("details[data-menu]").filter(has_text="发票管理")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="发票清卡")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="发票清卡")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_large_text_works_without_script(browser: Browser, live_server: object) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server}/help/")
    page.get_by_role("button", name="大字版").click()
    expect(page.locator("html")).to_have_attribute("data-text", "large")
    context.close()
