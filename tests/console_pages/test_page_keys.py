"""The single keys of the console: documented, turned off and on, and quiet where somebody writes."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.choices import Post
from clearcard.models import ClearCardCase
from tests.clearcard.conftest import media
from tests.console_pages.cases import address, differing_case, words_of
from tests.console_pages.people import assert_closed, enter
from tests.factories.clearcard import reviewing_case
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, sign_in
from tests.harness.clients import HallClient

__all__ = ["media"]
PAGE, QUEUE = reverse("admin:console-keys"), reverse("admin:clearcard-queue")
SCRIPT = "js/console.js"


def test_the_page_names_every_key_that_the_templates_have(officer: HallClient, case: ClearCardCase) -> None:
    words = words_of(officer.get(PAGE))
    for key in ("j", "k", "o", "c", "m", "n", "p", "d", "u", "?"):
        assert f" {key} " in words
    assert "没有一个快捷键会作出审核决定" in words


def test_they_are_turned_off_and_on_again(officer: HallClient, case: ClearCardCase) -> None:
    assert SCRIPT in officer.get(QUEUE).content.decode()
    assert "快捷键现在是关闭的" in words_of(officer.post(PAGE, {"keys": "off"}, follow=True))
    for url in (QUEUE, PAGE, address("review", case)):
        assert SCRIPT not in officer.get(url).content.decode()
    officer.post(PAGE, {"keys": "on"})
    assert SCRIPT in officer.get(QUEUE).content.decode()


def test_others_are_sent_to_the_sign_in(db: None) -> None:
    assert_closed(PAGE)
    assert_closed(PAGE, {"keys": "off"})


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_keys_move_open_and_claim(page: Page, live_server: object, media: None) -> None:
    first, second = reviewing_case(), differing_case()
    sign_in(page, enter(), str(live_server))
    page.goto(f"{live_server}{QUEUE}")
    for key, case in (("j", first), ("j", second), ("j", second), ("k", first)):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_text(case.number)
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text("清卡申请审核")
    page.keyboard.press("c")
    expect(page.locator(".decision")).to_contain_text("释放认领")
    page.keyboard.press("n")
    expect(page.locator("#differences")).to_be_focused()
    page.locator("#approve-note").focus()
    page.keyboard.type("ujkc?")
    expect(page.locator("#approve-note")).to_have_value("ujkc?")
    page.locator("#decision").focus()
    page.keyboard.press("Control+u")
    expect(page.locator("h1")).to_have_text("清卡申请审核")
    page.keyboard.press("u")
    expect(page.locator("h1")).to_have_text("清卡审核")
    page.keyboard.press("?")
    expect(page.locator("h1")).to_have_text("快捷键")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
@pytest.mark.parametrize("name", ["console-keys", "emergencies", "posts", "clearcard-batch"])
def test_the_pages_fit_and_can_be_read(
    page: Page, live_server: object, media: None, size: dict[str, int], name: str
) -> None:
    reviewing_case()
    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page, enter(post=Post.HEAD), str(live_server))
    page.goto(f"{live_server}{reverse(f'admin:{name}')}")
    for fold in page.locator("main details summary").all():
        fold.click()
    assert_no_side_scroll(page)
    assert_accessible(page)
    page.goto("about:blank")
