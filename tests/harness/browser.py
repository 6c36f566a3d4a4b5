"""Browser tests in Debian's Chromium, with axe."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Response

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages must work from this machine alone; whatever asks for another host fails loudly.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
_STICKS_OUT = """() => [...document.body.querySelectorAll("*")]
    .filter(each => each.getBoundingClientRect().right > window.innerWidth)
    .map(each => each.outerHTML.slice(0, 120))"""
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 812}


def chromium_path() -> str:
    """Return the installed Chromium. Raises: RuntimeError with the command that installs it."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    raise RuntimeError("Chromium is not installed: apt-get install -y chromium fonts-noto-cjk")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the system's Chromium; nothing is downloaded."""
    return {**browser_type_launch_args, "executable_path": chromium_path(), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Read pages as a user in Xi'an does."""
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": DESKTOP}


def open_page(page: Page, url: str) -> Response:
    """Go to a page and make sure that it is the page, not an error in its place."""
    response = page.goto(url)
    assert response is not None
    assert response.status == 200, f"{url} answered {response.status}"
    assert page.locator("h1").count() == 1, f"{url} has {page.locator('h1').count()} h1"
    return response


def press(page: Page, what: Locator) -> None:
    """Press what leads to another page and wait until that page is there, so that nobody looks at the one before."""
    with page.expect_event("load"):
        what.click()


def assert_accessible(page: Page) -> None:
    """Fail with axe's report when the page on screen breaks a WCAG 2.2 AA rule."""
    found = Axe().run(page, options=AXE_RULES)
    assert found.violations_count == 0, found.generate_report()


def assert_no_side_scroll(page: Page) -> None:
    """Fail when the page is wider than its window, and say what sticks out."""
    # A page that is still being read has no style, or half of it, and is as wide as that makes it.
    page.wait_for_load_state("load")
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window, f"{page.url} is {wide}px wide in a window of {window}px: {page.evaluate(_STICKS_OUT)}"


def sign_in(page: Page, client: Any, live_url: str) -> None:
    """Give the browser the session of a test client."""
    cookies = [{"name": name, "value": morsel.value, "url": live_url} for name, morsel in client.cookies.items()]
    page.context.add_cookies(cookies)
