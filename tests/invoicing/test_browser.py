"""Invoices in a real browser: written, issued, voided; with script and without, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import Membership
from devices import services as device_services
from devices.models import Device
from invoicing import services
from invoicing.models import Invoice
from tests.factories.accounts import MembershipFactory
from tests.factories.invoicing import InDoubtInvoiceFactory, InvoiceFactory, IssuedInvoiceFactory, VoidedInvoiceFactory
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, open_page, press, sign_in
from tests.harness.clients import HallClient
from tests.invoicing.disk import SigningDisk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])


@pytest.fixture
def company(transactional_db: None) -> Membership:
    return MembershipFactory(finance=True, taxpayer__name="西安示例商贸有限公司")


@pytest.fixture
def enrolled(company: Membership) -> Iterator[Device]:
    disk = SigningDisk()
    with device_services.use_card_host(disk):
        yield disk.enrol(taxpayer=company.taxpayer)


@pytest.fixture
def entered(page: Page, company: Membership, live_server: object) -> Page:
    sign_in(page, HallClient().enter_as(company), str(live_server))
    return page


def look(page: Page, name: str) -> None:
    """Check what every page must be; keep a picture where HALL_PICTURES says."""
    folder = os.environ.get("HALL_PICTURES")
    if folder:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert_no_side_scroll(page)
    assert_accessible(page)


def kept_in(page: Page) -> int:
    """Return how many unsaved invoices the tab holds; htmx keeps things of its own there."""
    count: int = page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('new-invoice:')).length")
    return count


def fill_form(page: Page) -> None:
    page.get_by_label("购买方名称").fill("西安买方示例有限公司")
    page.get_by_label("购买方纳税人识别号").fill("91610131MA6TEKT0XE")
    line = page.locator("fieldset.line").first
    line.get_by_label("项目名称").fill("*信息技术服务*软件维护")
    line.get_by_label("税收分类编码").fill("3040203000000000000")
    line.get_by_label("数量").fill("2")
    line.get_by_label("单价").fill("500.00")


@SIZES
def test_the_label_of_the_buyers_number_follows_what_is_typed(
    entered: Page, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/new/")
    mark = page.locator("label[for=id_buyer_number] .optional")
    expect(mark).to_have_text("（选填）")
    page.get_by_label("购买方名称").fill("西安买方示例有限公司")
    expect(mark).to_have_text("")
    page.get_by_label("购买方名称").fill("张三")
    expect(mark).to_have_text("（选填）")
    page.locator("#id_kind").select_option("004")
    expect(mark).to_have_text("")
    look(page, "new-special")


@SIZES
def test_an_invoice_is_written_issued_and_shown(
    entered: Page, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/new/")
    look(page, "new")
    fill_form(page)
    expect(page.locator(".totals .total-amount")).to_have_text("¥1,010.00")
    page.get_by_role("button", name="检查并开具").click()
    expect(page.get_by_text("检查通过，可以开具")).to_be_visible()
    look(page, "check")
    page.get_by_role("button", name="开具发票").click()
    expect(page.get_by_text("开具中").first).to_be_visible()
    look(page, "waiting")
    services.perform_issue(invoice_id=Invoice.objects.get().pk)
    expect(page.get_by_role("heading", level=1)).to_contain_text("10000001")
    look(page, "issued")
    press(page, page.get_by_role("link", name="作废"))
    look(page, "void")
    page.get_by_label("请再次输入发票号码").fill("10000001")
    page.get_by_label("作废原因").fill("开票有误")
    page.get_by_label("购买方未认证抵扣，全部联次已经收回").check()
    page.get_by_role("button", name="作废这张发票").click()
    expect(page.get_by_text("作废中").first).to_be_visible()
    services.perform_void(invoice_id=Invoice.objects.get().pk)
    expect(page.get_by_text("设备已作废，这张发票不再有效")).to_be_visible()
    look(page, "voided")


def test_everything_works_without_script(
    browser: Browser, company: Membership, enrolled: Device, live_server: object
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, HallClient().enter_as(company), str(live_server))
    page.goto(f"{live_server}/invoices/new/")
    fill_form(page)
    page.get_by_role("button", name="增加一行").click()
    expect(page.locator("fieldset.line")).to_have_count(2)
    expect(page.locator("fieldset.line").first.get_by_label("数量")).to_have_value("2")
    page.get_by_role("button", name="删除第 2 行").click()
    page.get_by_role("button", name="更新合计", exact=True).last.click()
    expect(page.locator(".totals .total-amount")).to_have_text("¥1,010.00")
    page.get_by_role("button", name="检查并开具").click()
    page.get_by_role("button", name="开具发票").click()
    services.perform_issue(invoice_id=Invoice.objects.get().pk)
    page.get_by_role("link", name="刷新结果").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("10000001")
    context.close()


@SIZES
def test_the_list(
    entered: Page, enrolled: Device, company: Membership, live_server: object, size: dict[str, int]
) -> None:
    own = {"taxpayer": company.taxpayer, "device": enrolled, "drawer": company.user}
    for factory in (IssuedInvoiceFactory, IssuedInvoiceFactory, VoidedInvoiceFactory, InDoubtInvoiceFactory):
        factory(**own)
    InvoiceFactory(**own)
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/")
    look(page, "list")
    page.get_by_label("状态").select_option("voided")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".invoice-sums")).to_contain_text("共 1 张")
    assert "state=voided" in page.url


@SIZES
def test_one_box_ticks_what_is_seen_of_a_list_that_was_put_in_anew(
    entered: Page, company: Membership, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    for _ in range(3):
        InvoiceFactory(taxpayer=company.taxpayer, device=enrolled, state="draft")
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/")
    page.get_by_label("状态").select_option("draft")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".invoice-sums")).to_contain_text("共 3 张")
    page.get_by_label("全选本页 3 张").check()
    boxes = page.locator("input[name=pk]:visible")
    expect(boxes).to_have_count(3)
    for box in boxes.all():
        expect(box).to_be_checked()
    boxes.first.uncheck()
    expect(page.get_by_label("全选本页 3 张")).to_have_js_property("indeterminate", True)
    # Turned on its side, a tablet shows the other form of the list: with the same ticks.
    page.set_viewport_size(PHONE if size == DESKTOP else DESKTOP)  # type: ignore[arg-type]
    assert [box.is_checked() for box in page.locator("input[name=pk]:visible").all()] == [False, True, True]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    look(page, "invoice-list-chosen")
    press(page, page.get_by_role("button", name="删除所选草稿"))
    expect(page.get_by_role("heading", level=1)).to_have_text("删除这 2 份草稿？")


def test_a_form_with_problems_says_where(entered: Page, enrolled: Device, live_server: object) -> None:
    open_page(entered, f"{live_server}/invoices/new/")
    fill_form(entered)
    entered.locator("fieldset.line").first.get_by_label("数量").fill("两")
    entered.get_by_role("button", name="保存草稿").click()
    expect(entered.get_by_role("alert")).to_contain_text("请填写数字")
    look(entered, "errors")


@SIZES
def test_a_half_filled_new_invoice_survives_a_reload(
    entered: Page, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    open_page(page, f"{live_server}/invoices/new/")
    offer = page.get_by_text("上次填写的发票还没有保存")
    expect(offer).to_be_hidden()
    press(page, page.get_by_role("button", name="增加一行"))
    page.get_by_label("购买方名称").fill("西安买方示例有限公司")
    page.locator("fieldset.line").nth(1).get_by_label("项目名称").fill("第二行的服务")
    open_page(page, f"{live_server}/invoices/new/")
    expect(offer).to_be_visible()
    expect(page.get_by_label("购买方名称")).to_have_value("")
    look(page, "unsaved")
    press(page, page.get_by_role("button", name="恢复填写的内容"))
    expect(page.get_by_label("购买方名称")).to_have_value("西安买方示例有限公司")
    expect(page.locator("fieldset.line").nth(1).get_by_label("项目名称")).to_have_value("第二行的服务")
    expect(offer).to_be_hidden()
    page.locator("fieldset.line").nth(1).get_by_label("金额").fill("100")
    press(page, page.get_by_role("button", name="保存草稿"))
    assert kept_in(page) == 0
    open_page(page, f"{live_server}/invoices/new/")
    expect(offer).to_be_hidden()


@pytest.mark.parametrize("leave", ["不要了", "退出"])
def test_an_unsaved_invoice_is_dropped_when_asked_and_at_sign_out(
    entered: Page, enrolled: Device, live_server: object, leave: str
) -> None:
    page = entered
    offer = page.get_by_text("上次填写的发票还没有保存")
    open_page(page, f"{live_server}/invoices/new/")
    page.get_by_label("购买方名称").fill("西安买方示例有限公司")
    page.reload()
    expect(offer).to_be_visible()
    page.get_by_role("button", name=leave).click()
    expect(offer).to_be_hidden()
    page.wait_for_load_state()
    assert kept_in(page) == 0


def test_the_first_autosave_leads_a_reload_to_the_draft(entered: Page, enrolled: Device, live_server: object) -> None:
    page = entered
    page.clock.install()
    open_page(page, f"{live_server}/invoices/new/")
    fill_form(page)
    page.clock.fast_forward(31_000)
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    draft = Invoice.objects.get()
    page.wait_for_url(f"**/invoices/{draft.pk}/edit/")
    assert kept_in(page) == 0
    page.reload()
    expect(page.get_by_label("购买方名称")).to_have_value(draft.buyer_name)


@SIZES
def test_terms_follow_the_kind_and_a_save_over_anothers_is_a_choice(
    entered: Page, enrolled: Device, live_server: object, size: dict[str, int]
) -> None:
    page = entered
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.clock.install()
    held: list[Route] = []
    page.route("**/invoices/autosave/", lambda route: held.append(route))  # noqa: PLW0108  (a bound builtin takes no attributes)
    open_page(page, f"{live_server}/invoices/new/")
    page.locator("#id_kind").select_option("31")
    expect(page.locator("#terms")).to_contain_text("还没有核定数电票的发票总额度")
    page.locator("#id_kind").select_option("007")
    expect(page.locator("#terms")).to_contain_text("下一张号码")
    fill_form(page)
    with page.expect_request("**/invoices/autosave/"):
        page.clock.fast_forward(31_000)
    page.get_by_label("购买方名称").fill("张三")
    page.get_by_role("button", name="保存草稿").click(no_wait_after=True)
    held[0].continue_()
    expect(page.get_by_text("草稿已保存。")).to_be_visible()
    draft = Invoice.objects.get()
    assert draft.buyer_name == "张三", "the button waited for the autosave and was none over another's"

    Invoice.objects.filter(pk=draft.pk).update(buyer_name="李四")
    page.get_by_label("购买方名称").fill("王五")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("alert")).to_contain_text("在别处改过")
    expect(page.get_by_label("购买方名称")).to_have_value("王五")
    look(page, "changed-elsewhere")
    page.get_by_role("button", name="仍以本页内容保存").click()
    expect(page.get_by_text("草稿已保存。")).to_be_visible()
    assert Invoice.objects.get().buyer_name == "王五"
