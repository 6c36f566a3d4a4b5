"""Printing in a real browser: ticked in the list, nudged, printed, printed again; wide, narrow, without script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Membership
from invoicing.models import Invoice
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, line
from tests.harness.browser import DESKTOP, PHONE, open_page, sign_in
from tests.harness.clients import HallClient
from tests.invoicing.papers import words_of
from tests.invoicing.test_browser import look
from tests.invoicing.test_print_more_faces import CAR

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])


@pytest.fixture
def company(transactional_db: None) -> Membership:
    """Return a 开票员 whose company has three paper invoices that nobody printed."""
    found = MembershipFactory(issuer=True, taxpayer__name="西安示例商贸有限公司")
    own = {"taxpayer": found.taxpayer, "device": DeviceFactory(taxpayer=found.taxpayer), "drawer": found.user}
    for _each in range(3):
        IssuedInvoiceFactory(**own)
    return found


@SIZES
def test_ticked_invoices_are_printed_and_asked_about_the_second_time(
    page: Page, company: Membership, live_server: object, size: dict[str, int]
) -> None:
    sign_in(page, HallClient().enter_as(company), str(live_server))
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/?unprinted=on")
    look(page, "print-list")
    first, second = Invoice.objects.order_by("number").values_list("number", flat=True)[:2]
    for number in (first, second):
        page.get_by_role("checkbox", name=f"选择 {number}").check()
    page.get_by_role("button", name="打印所选").click()
    expect(page.get_by_role("heading", name="要打印 2 张")).to_be_visible()
    page.get_by_label("向右（毫米）").fill("0.5")
    page.get_by_role("button", name="保存微调").click()
    expect(page.get_by_text("打印位置微调已保存")).to_be_visible()
    expect(page.get_by_label("向右（毫米）")).to_have_value("0.5")
    look(page, "print-create")

    page.get_by_label("整张票面").check()
    page.get_by_role("button", name="打印这 2 张").click()
    expect(page.get_by_text("打印文件已生成")).to_be_visible()
    look(page, "print-detail")
    with page.expect_download() as loading:
        page.get_by_role("link", name="下载 PDF").click()
    words = words_of(Path(loading.value.path()).read_bytes())
    assert [number in words for number in (first, second)] == [True, True]
    assert Invoice.objects.not_printed().count() == 1

    pk = Invoice.objects.get(number=first).pk
    open_page(page, f"{live_server}/invoices/print/?pk={pk}")
    expect(page.get_by_text("已打印 1 次")).to_be_visible()
    page.get_by_role("button", name="打印这 1 张").click()
    expect(page.get_by_text("没有再次打印").first).to_be_visible()
    look(page, "print-again")
    open_page(page, f"{live_server}/invoices/{pk}/")
    look(page, "print-invoice")


@SIZES
def test_a_vehicle_and_a_digital_invoice_are_looked_at_and_printed_together(
    page: Page, company: Membership, live_server: object, size: dict[str, int]
) -> None:
    own = {"taxpayer": company.taxpayer, "drawer": company.user, "remark": "合同 XA-1"}
    device = DeviceFactory(taxpayer=company.taxpayer)
    lines = [line(f"{at}00.00", "13", name=f"*计算机*显示器{at:02d}") for at in range(1, 11)]
    car = IssuedInvoiceFactory(**own, device=device, kind="005", code="161002600005", vehicle=CAR)
    digital = IssuedInvoiceFactory(**own, device=None, kind="31", lines=lines)
    sign_in(page, HallClient().enter_as(company), str(live_server))
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for name, invoice in (("face-vehicle", car), ("face-digital", digital)):
        open_page(page, f"{live_server}/invoices/{invoice.pk}/")
        look(page, name)
    open_page(page, f"{live_server}/invoices/print/?pk={car.pk}&pk={digital.pk}")
    expect(page.get_by_label("第四联：注册登记联（车辆登记单位留存）")).to_be_visible()
    expect(page.get_by_role("link", name="打印机动车发票的测试页")).to_be_visible()
    look(page, "print-mixed")
    page.get_by_label("整张票面").check()
    page.get_by_role("button", name="打印这 2 张").click()
    expect(page.get_by_text("打印文件已生成")).to_be_visible()


def test_printing_works_without_script(browser: Browser, company: Membership, live_server: object) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, HallClient().enter_as(company), str(live_server))
    page.goto(f"{live_server}/invoices/?unprinted=on")
    page.get_by_role("link", name="打印这些发票").click()
    page.get_by_role("button", name="打印这 3 张").click()
    expect(page.get_by_text("3 张发票的打印文件已生成")).to_be_visible()
    assert not Invoice.objects.not_printed().exists()
    context.close()
