"""Reports in a real browser: chosen, read, downloaded, subscribed; wide and narrow, by keyboard and without script."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Membership
from invoicing import services
from taxhall.common import clock
from taxhall.common.periods import TaxPeriod
from tests.factories.accounts import MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.factories.invoicing import IssuedInvoiceFactory, VoidedInvoiceFactory, line
from tests.harness.browser import DESKTOP, PHONE, open_page, sign_in
from tests.harness.clients import HallClient
from tests.invoicing.sheets import csv_rows
from tests.invoicing.test_browser import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])


@pytest.fixture
def company(transactional_db: None) -> Membership:
    """Return a 财务负责人 whose company sold something last month."""
    found = MembershipFactory(finance=True, taxpayer__name="西安示例商贸有限公司")
    own = {"taxpayer": found.taxpayer, "device": DeviceFactory(taxpayer=found.taxpayer), "drawer": found.user}
    day = last_month().start
    for number, amount in enumerate(("1234567.89", "80000.00", "560.00"), start=1):
        name = f"西安买方第{number}号电子科技有限公司"
        IssuedInvoiceFactory(
            **own,
            dated_on=day,
            buyer_name=name,
            buyer_number=f"9161013100000000{number}X",
            lines=[line(amount, "13", name=f"*计算机外部设备*显示器{number}"), line("100.00", "6")],
        )
    VoidedInvoiceFactory(**own, dated_on=date(day.year, day.month, 2), lines=[line("88.00", "13")])
    return found


def last_month() -> TaxPeriod:
    return TaxPeriod.of_month(clock.today()).previous()


@pytest.fixture
def entered(page: Page, company: Membership, live_server: object) -> Page:
    sign_in(page, HallClient().enter_as(company), str(live_server))
    return page


@SIZES
def test_a_report_is_chosen_read_and_downloaded(entered: Page, live_server: object, size: dict[str, int]) -> None:
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/reports/")
    look(page, "report-list")
    page.get_by_role("link", name="发票资料统计").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("发票资料统计")
    look(page, "report-statistics")
    total = page.locator("tfoot td").last.inner_text()
    with page.expect_download() as loading:
        page.get_by_role("link", name="CSV").click()
    content = Path(loading.value.path()).read_bytes()
    assert loading.value.suggested_filename == f"发票资料统计-{last_month().code}.csv"
    assert total.replace(",", "") in {row[-1] for row in csv_rows(content) if row}


@SIZES
@pytest.mark.parametrize("name", ["customers", "months", "details", "stock"])
def test_every_sort_of_report_can_be_read(entered: Page, live_server: object, size: dict[str, int], name: str) -> None:
    entered.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(entered, f"{live_server}/invoices/reports/{name}/?period={last_month().code}")
    expect(entered.locator("section.report table")).to_have_count(1)
    look(entered, f"report-{name}")


def test_a_report_is_subscribed_and_its_file_comes(entered: Page, live_server: object) -> None:
    page = entered
    open_page(page, f"{live_server}/invoices/reports/")
    page.get_by_label("格式").select_option("pdf")
    page.get_by_role("button", name="订阅", exact=True).click()
    expect(page.get_by_text("已订阅。")).to_be_visible()
    assert services.make_monthly_reports() == 1
    page.reload()
    expect(page.get_by_role("table")).to_contain_text(last_month().label)
    look(page, "report-files")
    page.get_by_role("button", name="退订").click()
    expect(page.get_by_text("已退订")).to_be_visible()


def test_reports_work_without_script(browser: Browser, company: Membership, live_server: object) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, HallClient().enter_as(company), str(live_server))
    page.goto(f"{live_server}/invoices/reports/customers/")
    page.get_by_label("所属期").fill(last_month().code)
    page.get_by_label("所属期").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("figcaption")).to_contain_text("西安买方第1号电子科技有限公司 最多")
    context.close()
