"""The pages of filing in a real browser: accessible, no wider than the window, saved while typed."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Taxpayer
from filing import selectors, services
from filing.models import PolicyBundle, TaxReturn
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.factories.filing import PaymentFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, open_page, sign_in
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])


@pytest.fixture
def visitor(page: Page, live_server: object) -> Page:
    """Return a browser signed in for a company that sold something last month."""
    member = MembershipFactory(role="finance")
    month = TaxPeriod.of_month(clock.today()).previous()
    device = DeviceFactory(taxpayer=member.taxpayer, period_start=month.start, period_end=month.end)
    for kind, amount in (("007", "180000.00"), ("004", "50000.00")):
        IssuedInvoiceFactory(
            taxpayer=member.taxpayer, device=device, kind=kind, dated_on=month.start, lines=[line(amount, "1")]
        )
    services.start_return(actor=member.user, taxpayer=member.taxpayer, period=month)
    sign_in(page, HallClient().enter_as(member), str(live_server))
    return page


def look(page: Page, name: str, size: dict[str, int]) -> None:
    """Check the page on screen; keep a picture where one is asked for."""
    if folder := os.environ.get("TAXHALL_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
    assert_no_side_scroll(page)
    assert_accessible(page)


@SIZES
def test_every_page_of_a_return(visitor: Page, live_server: object, size: dict[str, int]) -> None:
    visitor.set_viewport_size(size)  # type: ignore[arg-type]
    draft = TaxReturn.objects.get()
    base = f"{live_server}/filing"
    for name, path in {
        "list": "/", "sales": f"/{draft.pk}/edit/", "main": f"/{draft.pk}/edit/?part=main",
        "surcharges": f"/{draft.pk}/edit/?part=surcharges", "check": f"/{draft.pk}/check/", "calendar": "/calendar/",
    }.items():  # fmt: skip
        open_page(visitor, base + path)
        look(visitor, name, size)
    actor = Taxpayer.objects.get(pk=draft.taxpayer_id).memberships.get().user
    filed = services.submit_return(
        actor=actor, tax_return=draft, key="key", digest=selectors.current_sheet(draft).digest
    )
    run = services.compare_return(return_id=filed.pk)
    assert run is not None
    for name, path in {
        "result": f"/{filed.pk}/", "pay": f"/{filed.pk}/pay/", "void": f"/{filed.pk}/void/",
        "comparison": f"/comparisons/{run.pk}/",
    }.items():  # fmt: skip
        open_page(visitor, base + path)
        look(visitor, name, size)
    PaymentFactory(tax_return=filed, state="unknown")
    open_page(visitor, f"{base}/{filed.pk}/pay/")
    look(visitor, "pay-unknown", size)


@SIZES
@pytest.mark.usefixtures("announced")
def test_the_announcements_of_policy(page: Page, live_server: object, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/filing/policies/")
    look(page, "policies", size)


@pytest.fixture
def announced(transactional_db: None) -> PolicyBundle:
    """Return a policy bundle that was loaded: one value ends, another follows, a tolerance is new."""
    basis = "财政部 税务总局公告2027年第1号"
    threshold = {"code": "small_scale.threshold", "key": "monthly", "taxpayer_kind": "small_scale", "basis": basis}
    return PolicyBundle.objects.create(
        version=1, title="小规模纳税人免税标准调整", issued_on=date(2026, 11, 20), digest="00" * 32, content="{}",
        signature="{}", loaded_by="root", changes=[
            {**threshold, "valid_from": "2026-01-01", "was": "100000", "was_until": "2027-12-31", "now": "100000",
             "until": "2026-12-31"},
            {**threshold, "valid_from": "2027-01-01", "was": "", "was_until": "", "now": "120000", "until": ""},
            {"code": "X1", "key": "", "taxpayer_kind": "", "valid_from": "2027-01-01", "was": "1", "was_until": "",
             "now": "2", "until": "", "basis": "陕税函〔2027〕1号"},
        ],
    )  # fmt: skip


@SIZES
def test_the_calendar_address_is_made_and_shown(visitor: Page, live_server: object, size: dict[str, int]) -> None:
    visitor.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(visitor, f"{live_server}/filing/calendar/")
    visitor.get_by_role("button", name="生成订阅地址").click()
    expect(visitor.get_by_label("您的订阅地址")).to_have_value(re.compile(r"/filing/calendar/feed\.ics\?key="))
    look(visitor, "calendar-feed", size)


def test_what_is_typed_is_saved_and_computed_without_a_button(visitor: Page, live_server: object) -> None:
    draft = TaxReturn.objects.get()
    open_page(visitor, f"{live_server}/filing/{draft.pk}/edit/")
    visitor.locator("#c-sales-8-services").fill("1000")
    visitor.locator("#c-sales-8-services").blur()
    expect(visitor.locator("#return-sums")).to_contain_text("已保存")
    expect(visitor.locator("#c-sales-20-total")).to_have_text("231,000.00")
    visitor.locator("#c-sales-8-services").fill("2000")
    visitor.locator("#c-sales-8-services").blur()
    expect(visitor.locator("#c-sales-20-total")).to_have_text("232,000.00")
    draft.refresh_from_db()
    assert draft.version == 3


def test_a_text_that_is_no_number_is_told_and_stays(visitor: Page, live_server: object) -> None:
    draft = TaxReturn.objects.get()
    open_page(visitor, f"{live_server}/filing/{draft.pk}/edit/")
    visitor.locator("#c-sales-8-services").fill("十万")
    visitor.get_by_role("button", name="只保存").click()
    expect(visitor.locator("[data-error-summary]")).to_contain_text("没有保存")
    expect(visitor.locator("#c-sales-8-services")).to_have_value("十万")
    assert_accessible(visitor)
