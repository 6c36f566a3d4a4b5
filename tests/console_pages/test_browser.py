"""The officers' console in a real browser: wide and narrow, in every state, alone, quiet and accessible."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from accounts.choices import Post
from clearcard import services
from clearcard.choices import CaseStatus, ClearKind, MaterialKind, RejectReason
from clearcard.models import CaseSubmission, ClearCardCase
from tests.clearcard.conftest import media
from tests.console_pages.cases import address, differing_case, hand_in_paper, keep_results, pdf, png, seen
from tests.console_pages.people import code_of, enter
from tests.factories.accounts import PASSWORD, OfficerFactory, TotpDeviceFactory
from tests.factories.clearcard import ClearCardCaseFactory, reviewing_case
from tests.factories.invoicing import IssuedInvoiceFactory
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, sign_in
from tests.harness.clients import HallClient

__all__ = ["media"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
# The browser itself writes down every refusal; what counts is that nothing else is written.
REFUSAL = "Failed to load resource: the server responded with a status of 4"


class Visitor:
    """A browser that notes what the page says on the console and whom it asks."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.said: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", self._watch)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(REFUSAL):
            self.said.append(message.text)

    def _watch(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost"):
            self.said.append(f"asked {request.url}")

    def go(self, path: str, name: str, status: int = 200) -> None:
        """Open a page of the hall and look at it."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == status, f"{path} answered {answer.status}"
        self.look(name)

    def look(self, name: str) -> None:
        """Fail when the page on screen is noisy, too wide or not accessible; keep a picture where one is asked for."""
        self.page.wait_for_load_state("load")
        expect(self.page.locator("h1")).to_have_count(1)
        if folder := os.environ.get("HALL_PICTURES"):
            width = self.page.viewport_size["width"] if self.page.viewport_size else 0
            self.page.screenshot(path=Path(folder) / f"console-{name}-{width}.png", full_page=True)
        assert self.said == [], f"{name}: {self.said}"
        assert_no_side_scroll(self.page)
        assert_accessible(self.page)
        # The checker writes styles into the page, which the page's policy notes.
        self.said.clear()


@pytest.fixture
def visitor(page: Page, live_server: object, media: None) -> Iterator[Visitor]:
    """Return a browser that is signed in as nobody yet."""
    yield Visitor(page, str(live_server))
    # Nothing of a test may still be asked of the server when its tables are emptied.
    page.goto("about:blank")


def rich_case(**changes: Any) -> ClearCardCase:
    """Return an application with differences, papers and an earlier hand-in."""
    case = differing_case(**changes)
    hand_in_paper(case, MaterialKind.BUSINESS_LICENCE, pdf(3), pages=3)
    earlier = case.snapshot | {"form": case.snapshot["form"] | {"explanation": ""}}
    CaseSubmission.objects.create(
        case=case, round=1, key=case.number, submitted_by=case.submitted_by, snapshot=earlier, digest="1" * 64
    )
    case.round = 2
    keep_results(case)
    hand_in_paper(case, MaterialKind.LEGAL_PERSON_ID, png())
    return case


@SIZES
def test_binding_an_authenticator_and_signing_in(visitor: Visitor, size: Any) -> None:
    page = visitor.page
    page.set_viewport_size(size)
    officer = OfficerFactory()
    visitor.go("/admin/", "login")
    page.get_by_label("用户名").fill(officer.username)
    page.get_by_label("密码", exact=True).fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("密码不符，没有登录")
    visitor.look("login-refused")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("绑定验证器")
    visitor.look("enrol")
    page.get_by_label("动态口令").fill("12")
    page.get_by_role("button", name="绑定并登录").click()
    expect(page.get_by_role("alert")).to_be_visible()
    visitor.look("enrol-refused")
    page.get_by_label("动态口令").fill(code_of(officer))
    page.get_by_role("button", name="绑定并登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我的工作台")
    visitor.look("desk-empty")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("税务人员登录")


@SIZES
def test_desk_queue_papers_and_records(visitor: Visitor, size: Any) -> None:
    visitor.page.set_viewport_size(size)
    client, case = enter(), rich_case()
    services.claim_case(actor=client.user, case=reviewing_case(kind=ClearKind.SPECIAL))
    sign_in(visitor.page, client, visitor.base)
    visitor.go(reverse("admin:index"), "desk")
    visitor.go(reverse("admin:clearcard-queue"), "queue")
    visitor.go(f"{reverse('admin:clearcard-queue')}?view=exceptions", "queue-empty")
    paper = case.materials.get(kind=MaterialKind.BUSINESS_LICENCE)
    visitor.go(f"{address('paper', case, paper.pk)}?page=2&zoom=close", "paper")
    drawn = visitor.page.locator(".paper-page img")
    assert drawn.evaluate("image => image.naturalWidth") == 2000
    visitor.go(reverse("admin:records"), "records")
    visitor.go(reverse("admin:clearcard_clearcardcase_changelist"), "records-list")
    visitor.go(reverse("admin:clearcard_clearcardcase_change", args=[case.pk]), "records-detail")


@SIZES
def test_the_review_in_each_state(visitor: Visitor, size: Any) -> None:
    page = visitor.page
    page.set_viewport_size(size)
    client, case = enter(), rich_case()
    sign_in(page, client, visitor.base)
    visitor.go(address("review", case), "review-unclaimed")
    page.get_by_role("button", name="认领这份申请").click()
    expect(page.get_by_role("button", name="审核通过")).to_be_visible()
    page.get_by_text("退回补正", exact=True).click()
    page.get_by_text("驳回", exact=True).click()
    visitor.look("review-claimed")
    held = reviewing_case()
    services.claim_case(actor=OfficerFactory(), case=held)
    visitor.go(address("review", held), "review-held")
    moved = reviewing_case()
    services.claim_case(actor=client.user, case=moved)
    IssuedInvoiceFactory(taxpayer=moved.taxpayer, device=moved.device, dated_on=moved.period_start)
    visitor.go(address("review", moved), "review-moved")
    rejected = reviewing_case()
    services.reject_case(actor=client.user, case=rejected, version=1, reason_code=RejectReason.OTHER, text="请先变更")
    visitor.go(address("review", rejected), "review-rejected")
    visitor.go(address("review", ClearCardCaseFactory(status=CaseStatus.IN_DOUBT)), "review-in-doubt")
    page.context.clear_cookies()
    sign_in(page, enter(post=Post.AUDITOR), visitor.base)
    visitor.go(address("review", case), "review-auditor")


@SIZES
def test_what_is_refused(visitor: Visitor, size: Any) -> None:
    page = visitor.page
    page.set_viewport_size(size)
    client, case = enter(), reviewing_case()
    services.claim_case(actor=client.user, case=case)
    sign_in(page, client, visitor.base)
    page.goto(visitor.base + address("review", case))
    page.get_by_text("退回补正", exact=True).click()
    page.get_by_label("情况说明", exact=True).check()
    page.get_by_role("button", name="确认退回补正").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    visitor.look("return-refused")
    services.approve_case(actor=client.user, case=case, **seen(case))
    page.get_by_label("情况说明 补正要求").fill("请说明差额的原因")
    page.get_by_role("button", name="确认退回补正").click()
    expect(page.get_by_role("alert")).to_contain_text("这份申请已有变化，您的操作没有保存")
    expect(page.get_by_role("alert")).to_contain_text("请说明差额的原因")
    visitor.look("conflict")
    visitor.go(address("review", ClearCardCase(number="QK0")), "absent", status=404)
    page.context.clear_cookies()
    sign_in(page, HallClient().enter_as_officer(OfficerFactory(post=None)), visitor.base)
    visitor.go(reverse("admin:index"), "no-post", status=403)


def test_the_letter_grows_while_the_officer_types(visitor: Visitor) -> None:
    page, client, case = visitor.page, enter(), reviewing_case()
    services.claim_case(actor=client.user, case=case)
    sign_in(page, client, visitor.base)
    page.goto(visitor.base + address("review", case))
    page.get_by_text("退回补正", exact=True).click()
    page.get_by_label("清卡日期", exact=True).check()
    page.get_by_label("清卡日期 补正要求").fill("请改为今天")
    letter = page.locator("#return-letter")
    expect(letter).to_contain_text("请补正以下 1 项后重新提交：1. 清卡日期：请改为今天。")
    page.get_by_text("驳回", exact=True).click()
    page.get_by_label("具体理由和纳税人可以怎么做").fill("请先办理变更")
    page.get_by_label("驳回原因").select_option("其他")
    expect(page.locator("#reject-letter")).to_contain_text("驳回原因：其他。请先办理变更。没有改动设备。")
    page.get_by_role("button", name="确认退回补正").click()
    expect(page.get_by_role("status").first).to_contain_text("已退回补正，纳税人会收到通知")
    assert visitor.said == []
    case.refresh_from_db()
    assert case.returned_items == [{"target": "clear_on", "words": "请改为今天"}]


def test_the_identity_stays_in_sight_and_hides_no_focus(visitor: Visitor) -> None:
    page, client, case = visitor.page, enter(), rich_case()
    services.claim_case(actor=client.user, case=case)
    sign_in(page, client, visitor.base)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.goto(visitor.base + address("review", case))
        page.get_by_role("link", name="看三方比对").first.click()
        expect(page.locator(".identity")).to_be_in_viewport()
        bar, target = page.locator(".identity").bounding_box(), page.locator("#differences").bounding_box()
        assert bar is not None
        assert target is not None
        assert bar["y"] + bar["height"] <= target["y"]


def test_everything_works_without_script(browser: Browser, live_server: object, media: None) -> None:
    officer, case = OfficerFactory(), rich_case()
    TotpDeviceFactory(user=officer)
    context = browser.new_context(java_script_enabled=False, viewport=DESKTOP, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live_server}{reverse('admin:clearcard-queue')}")
    page.get_by_label("用户名").fill(officer.username)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("动态口令").fill(code_of(officer))
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name=f"认领 {case.number}").click()
    page.get_by_role("link", name="营业执照", exact=True).click()
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_text("第 2 页，共 3 页")).to_be_visible()
    page.get_by_role("link", name="返回审核").click()
    page.get_by_text("退回补正", exact=True).click()
    page.get_by_label("营业执照", exact=True).check()
    page.get_by_label("营业执照 补正要求").fill("请上传有效的证件")
    page.get_by_role("button", name="预览通知").first.click()
    expect(page.locator("#return-letter")).to_contain_text("1. 营业执照：请上传有效的证件。")
    page.get_by_role("button", name="确认退回补正").click()
    expect(page.get_by_role("status").first).to_contain_text("已退回补正，纳税人会收到通知")
    context.close()
    case.refresh_from_db()
    assert case.status == CaseStatus.RETURNED
