"""The stop before a special clear: what happened, what is asked, what was decided."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from clearcard import services
from clearcard.choices import ClearKind, RejectReason, SpecialReason
from clearcard.models import ClearCardCase
from tests.console_pages.cases import words_of
from tests.factories.accounts import MembershipFactory, OfficerFactory
from tests.factories.clearcard import ClearCardCaseFactory, reviewing_case
from tests.harness.browser import DESKTOP, PHONE, assert_accessible, assert_no_side_scroll, sign_in
from tests.harness.clients import HallClient


def page_of(case: ClearCardCase) -> str:
    """Return the address of the stop."""
    return reverse("clearcard:case-special", args=[case.number])


def enter(case: ClearCardCase) -> HallClient:
    """Sign in the finance head of the company."""
    return HallClient().enter_as(MembershipFactory(finance=True, taxpayer=case.taxpayer))


def special(**changes: Any) -> ClearCardCase:
    """Return an overdue application that waits for two officers."""
    return reviewing_case(kind=ClearKind.SPECIAL, special_reason=SpecialReason.OVERDUE, **changes)


@pytest.fixture
def case(db: None, freeze: Any) -> ClearCardCase:
    """Return it on a day after the lock date."""
    freeze("2026-11-20 10:00")
    return special()


def approve(case: ClearCardCase, words: str) -> None:
    """Let one more officer agree."""
    case.refresh_from_db()
    seen = {"version": case.version, "digest": case.snapshot_digest}
    services.approve_case(actor=OfficerFactory(), case=case, note=words, **seen)


def test_before_the_hand_in_it_asks_what_to_do_and_leads_on(db: None, freeze: Any) -> None:
    freeze("2026-11-20 10:00")
    case = ClearCardCaseFactory(
        kind=ClearKind.SPECIAL, special_reason=SpecialReason.OVERDUE, old_cut_off=date(2026, 11, 16)
    )
    answer = enter(case).get(page_of(case))
    words = words_of(answer)
    assert "原因：逾期未清卡" in words
    assert "锁死日期是 2026-11-16（周一），到提交时已过 4 天" in words
    assert "缴清税款和滞纳金" in words
    assert "申请还没有提交，没有决定" in words
    assert reverse("clearcard:case-verify", args=[case.number]) in answer.content.decode()


def test_while_it_waits_nothing_is_asked_and_it_says_how_far_it_is(case: ClearCardCase) -> None:
    client = enter(case)
    words = words_of(client.get(page_of(case)))
    assert "现在不需要您操作，最迟" in words
    assert "两名税务人员都还没有审核" in words
    approve(case, "第一人的话")
    words = words_of(client.get(page_of(case)))
    assert "第一名税务人员已提出意见，等待第二名税务人员审批" in words
    assert "第一人的话" not in words


def test_what_was_decided_is_told_in_order(case: ClearCardCase) -> None:
    approve(case, "同意")
    approve(case, "同意")
    words = words_of(enter(case).get(page_of(case)))
    assert "审核通过。" in words
    assert "两名税务人员都还没有审核" not in words


def test_a_rejection_is_told_with_its_reason(case: ClearCardCase) -> None:
    letter = {"reason_code": RejectReason.OTHER_DUTY, "text": "请先缴清罚款"}
    services.reject_case(actor=OfficerFactory(), case=case, version=case.version, **letter)
    words = words_of(enter(case).get(page_of(case)))
    assert "驳回：请先缴清罚款" in words
    assert "请按驳回理由处理后重新申请" in words


def test_the_progress_leads_to_it_only_for_a_special_clear(case: ClearCardCase) -> None:
    detail = reverse("clearcard:case-detail", args=[case.number])
    assert page_of(case) in enter(case).get(detail).content.decode()
    other = reviewing_case()
    assert enter(other).get(page_of(other))["Location"] == reverse("clearcard:case-detail", args=[other.number])


def test_another_company_finds_nothing(case: ClearCardCase) -> None:
    stranger = HallClient().enter_as(MembershipFactory(finance=True))
    assert stranger.get(page_of(case)).status_code == 404


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "375"])
def test_it_fits_and_can_be_read(page: Page, live_server: object, size: dict[str, int]) -> None:
    case = special()
    page.set_viewport_size(size)  # type: ignore[arg-type]
    sign_in(page, enter(case), str(live_server))
    page.goto(f"{live_server}{page_of(case)}")
    assert_no_side_scroll(page)
    assert_accessible(page)
    page.goto("about:blank")
