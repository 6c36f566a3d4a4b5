"""Digital and vehicle invoices in a real browser, wide and narrow."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership
from devices.models import Device
from invoicing import services
from invoicing.models import Invoice
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.factories.devices import DeviceAuthorisationFactory
from tests.harness.browser import open_page, press, sign_in
from tests.harness.clients import HallClient
from tests.invoicing.test_browser import SIZES, company, enrolled, entered, fill_form, look

__all__ = ["company", "enrolled", "entered"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@SIZES
def test_a_digital_invoice_from_its_credit_to_its_red_one(
    entered: Page, company: Membership, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    buyer = MembershipFactory(finance=True, taxpayer__name="西安买方示例有限公司")
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/new/?kind=31")
    look(page, "digital-no-credit")
    services.change_credit(
        actor=OfficerFactory(), taxpayer=company.taxpayer, kind="periodic", amount=Decimal("5000.00"),
        reason="首次核定", key=uuid.uuid4(),
    )  # fmt: skip
    page.reload()
    expect(page.get_by_text("本月还可开具")).to_be_visible()
    fill_form(page)
    page.get_by_label("购买方纳税人识别号").fill(buyer.taxpayer.number)
    look(page, "digital-editor")
    press(page, page.get_by_role("button", name="检查并开具"))
    look(page, "digital-check")
    page.get_by_role("button", name="开具发票").click()
    expect(page.get_by_text("数电票已开具")).to_have_count(2)
    look(page, "digital-issued")

    page.get_by_role("link", name="红冲", exact=True).click()
    page.get_by_label("购买方已用于抵扣或入账").check()
    look(page, "digital-red")
    page.get_by_role("button", name="发起确认单").click()
    expect(page.get_by_text("等待对方确认，最迟")).to_be_visible()
    look(page, "confirmation-waiting")
    sign_in(page, HallClient().enter_as(buyer), str(live_server))
    page.reload()
    look(page, "confirmation-answer")
    page.get_by_role("button", name="同意红冲").click()
    expect(page.get_by_text("双方已确认，销售方")).to_be_visible()
    open_page(page, f"{live_server}/invoices/red-confirmations/")
    look(page, "confirmation-list")
    open_page(page, f"{live_server}/invoices/red-confirmations/received/{Invoice.objects.get().number}/")
    look(page, "received-red")


@SIZES
def test_the_officer_grants_a_credit(
    page: Page, live_server: object, size: dict[str, int], company: Membership
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page, HallClient().enter_as_officer(OfficerFactory()), str(live_server))
    open_page(page, f"{live_server}/admin/credits/")
    look(page, "credit-list")
    page.get_by_role("link", name=company.taxpayer.name).first.click()
    page.get_by_label("金额").fill("75000")
    page.get_by_label("调整原因").fill("首次核定")
    look(page, "credit-form")
    page.get_by_role("button", name="确认调整").click()
    expect(page.get_by_text("75,000.00").first).to_be_visible()
    look(page, "credit-done")


@SIZES
def test_a_vehicle_is_entered_with_its_papers(
    entered: Page, company: Membership, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    DeviceAuthorisationFactory(device=enrolled, invoice_kind="005", segment_code="161002600005")
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/new/?kind=005")
    fill_form(page)
    page.get_by_label("车辆识别代号/车架号码").fill("1M8GDM9AXKP042788")
    page.get_by_label("厂牌型号").fill("示例牌 SL7000")
    look(page, "vehicle-editor")
    page.get_by_role("button", name="检查并开具").click()
    expect(page.get_by_text("还没有填写车辆类型")).to_be_visible()
    look(page, "vehicle-check")
