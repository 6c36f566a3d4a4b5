"""A table that is wider than its place says so, and can be moved by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, open_page, sign_in
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def disk_page(page: Page, live_server: LiveServer) -> Page:
    """Return the browser at the page of a disk, as the company's finance head."""
    membership = MembershipFactory(finance=True)
    device = DeviceFactory(taxpayer=membership.taxpayer)
    sign_in(page, HallClient().enter_as(membership), live_server.url)
    page.set_viewport_size(PHONE)
    open_page(page, live_server.url + device.get_absolute_url())
    return page


def test_on_a_phone_a_hint_is_there_and_the_keyboard_moves_the_table(disk_page: Page) -> None:
    table = disk_page.get_by_role("region", name="票种授权", exact=True).last
    expect(table.locator(".scroll-hint")).to_be_visible()
    assert_no_side_scroll(disk_page)
    assert_accessible(disk_page)
    table.focus()
    disk_page.keyboard.press("ArrowRight")
    expect(table).not_to_have_js_property("scrollLeft", 0)


def test_where_everything_fits_there_is_no_hint(disk_page: Page) -> None:
    disk_page.set_viewport_size(DESKTOP)
    for hint in disk_page.locator(".scroll-hint").all():
        expect(hint).to_be_hidden()
    assert_no_side_scroll(disk_page)
