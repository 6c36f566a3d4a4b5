"""Officers' pages for what a disk cannot tell and for the own draft of an order, in a real browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from devices.choices import RequestKind
from devices.services import draft_order
from invoicing.errors import NoReadBackError
from invoicing.services import outcome
from tests.console_pages.people import enter
from tests.devices.authority import segment
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import InDoubtInvoiceFactory
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, press, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, url: str, name: str) -> None:
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200
    see(page, name)


def see(page: Page, name: str) -> None:
    page.wait_for_load_state("load")
    expect(page.locator("h1")).to_have_count(1)
    if folder := os.environ.get("HALL_PICTURES"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(folder) / f"doubt-{name}-{width}.png", full_page=True)
    assert_no_side_scroll(page)
    assert_accessible(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
def test_the_list_the_form_and_the_help_are_whole_at_both_widths(page: Page, live_server: object, size: Any) -> None:
    page.set_viewport_size(size)
    invoice = InDoubtInvoiceFactory()
    with transaction.atomic():
        outcome.note_for_person(outcome.lock_invoice(invoice.pk), NoReadBackError())
    base = str(live_server)
    sign_in(page, enter(bureau=invoice.taxpayer.bureau), base)
    look(page, base + reverse("admin:invoice-doubtful"), "list")
    press(page, page.locator("main").get_by_role("link", name="开具").locator("visible=true").first)
    see(page, "settle")
    press(page, page.locator("main").get_by_role("button", name="认定没有执行"))
    see(page, "refused")
    expect(page.get_by_role("alert").first).to_be_visible()
    press(page, page.locator("main").get_by_role("link", name="凭设备签名的记录入账"))
    see(page, "evidence")
    page.locator("main").get_by_label("设备签名的记录").fill('{"serial": "' + "7" * 300 + '"}')
    press(page, page.locator("main").get_by_role("button", name="核验并入账"))
    see(page, "evidence-refused")
    expect(page.get_by_role("alert").first).to_contain_text("没有入账")
    look(page, base + reverse("help-topic", args=["no-read-back"]), "help")
    page.goto("about:blank")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
def test_the_own_draft_of_an_order_can_be_taken_back_at_both_widths(
    page: Page, live_server: object, size: Any, frozen_day: object
) -> None:
    page.set_viewport_size(size)
    device = DeviceFactory()
    officer, base = enter(bureau=device.taxpayer.bureau), str(live_server)
    contents = {"segments": [segment(1, 50).to_json()]}
    asked = draft_order(actor=officer.user, device=device, kind=RequestKind.ADD_STOCK, contents=contents)
    sign_in(page, officer, base)
    look(page, base + reverse("admin:disk-request", args=[asked.pk]), "draft")
    press(page, page.locator("main").get_by_role("button", name="撤回"))
    see(page, "draft-withdrawn")
    expect(page.locator("body")).to_contain_text("已撤回，没有改动设备")
    page.goto("about:blank")
