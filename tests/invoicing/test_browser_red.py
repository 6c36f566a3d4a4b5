"""Basics and red invoices in a real browser, wide and narrow."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from accounts.models import Membership
from devices.models import Device
from invoicing import services
from invoicing.models import Customer, Goods, Invoice
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.harness.browser import open_page, press
from tests.invoicing.test_browser import SIZES, company, enrolled, entered, look

__all__ = ["company", "enrolled", "entered"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CUSTOMER = {"name": "西安样例科技有限公司", "number": "91610131000000019Y", "address": "科技路 1 号", "bank": "示例 61"}
GOODS = {"name": "系统维护", "tax_code": "3040203000000000000", "rate": "1", "spec": "", "unit": "次", "price": None}


@SIZES
def test_basics_are_kept_and_picked_while_typing(
    entered: Page, company: Membership, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    call_command("load_tax_codes", verbosity=0)
    for model, values in ((Customer, CUSTOMER), (Goods, GOODS)):
        services.save_basic(actor=company.user, taxpayer=company.taxpayer, model=model, values=values)
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for slug in ("customers", "goods"):
        open_page(page, f"{live_server}/invoices/basics/{slug}/")
        look(page, f"basics-{slug}")
    open_page(page, f"{live_server}/invoices/basics/customers/new/")
    look(page, "basics-new")
    open_page(page, f"{live_server}/invoices/tax-codes/?q=fw")
    look(page, "tax-codes")
    open_page(page, f"{live_server}/invoices/new/")
    page.get_by_label("购买方名称").press_sequentially("yl")
    page.get_by_role("button", name="西安样例科技有限公司").click()
    expect(page.get_by_label("购买方纳税人识别号")).to_have_value(CUSTOMER["number"])
    page.get_by_label("项目名称").press_sequentially("xt")
    expect(page.get_by_role("button", name="系统维护（1%）")).to_be_visible()
    look(page, "quick-entry")
    page.get_by_role("button", name="系统维护（1%）").click()
    expect(page.get_by_label("项目名称")).to_have_value("*信息技术服务*系统维护")


@SIZES
def test_an_invoice_is_taken_back_in_part(
    entered: Page, company: Membership, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    own = {"taxpayer": company.taxpayer, "device": enrolled, "drawer": company.user}
    blue = IssuedInvoiceFactory(**own, lines=[line("1000.00")] * 9)
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/{blue.pk}/")
    look(page, "annex")
    press(page, page.get_by_role("link", name="红冲", exact=True))
    look(page, "red")
    page.get_by_label("部分金额，按行填写").check()
    page.get_by_label("*信息技术服务*软件维护").first.fill("400")
    page.get_by_role("button", name="填写红字发票并检查").click()
    expect(page.get_by_text("检查通过，可以开具")).to_be_visible()
    look(page, "red-check")
    page.get_by_role("button", name="开具发票").click()
    expect(page.get_by_text("开具中").first).to_be_visible()
    services.perform_issue(invoice_id=Invoice.objects.get(blue=blue).pk)
    open_page(page, f"{live_server}/invoices/{blue.pk}/")
    expect(page.get_by_text("部分红冲").first).to_be_visible()
    look(page, "red-part")


def test_a_red_form_is_shown(entered: Page, company: Membership, enrolled: Device, live_server: object) -> None:
    blue = IssuedInvoiceFactory(taxpayer=company.taxpayer, device=enrolled, drawer=company.user, kind="004")
    open_page(entered, f"{live_server}/invoices/{blue.pk}/red/")
    look(entered, "red-special")
    entered.get_by_role("button", name="申请信息表").click()
    expect(entered.get_by_text("审核通过").first).to_be_visible()
    look(entered, "red-form")
    open_page(entered, f"{live_server}/invoices/red-forms/")
    look(entered, "red-forms")
