"""The pages of the calendar, of periods and of inactivity in a real browser, at both widths."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from accounts.choices import Post
from accounts.models import Bureau
from filing import selectors, services
from filing.models import PeriodKindChange
from taxhall.common import clock
from tests.console_pages.people import enter
from tests.console_pages.test_browser import SIZES, Visitor, visitor
from tests.factories.accounts import BureauFactory, MembershipFactory
from tests.factories.devices import DeviceFactory
from tests.harness.browser import sign_in
from tests.harness.clients import HallClient

__all__ = ["visitor"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def media() -> None:
    """Nothing is stored on these pages."""


@pytest.fixture
def scene(db: None) -> tuple[HallClient, HallClient]:
    """Return a head of the city and a company, with something of each kind that waits."""
    city, officer = enter(post=Post.HEAD, bureau=BureauFactory(city=True)), enter()
    member = MembershipFactory(finance=True)
    DeviceFactory(taxpayer=member.taxpayer)
    today, known = clock.today(), {"source": "测试公告第1号", "reason": "测试"}
    services.ask_calendar_change(
        actor=officer.user, subject="season", day=today, deadline=today.replace(day=28), **known
    )
    start = timezone.now()
    bureau = Bureau.objects.get(pk=member.taxpayer.bureau_id)
    outage = services.declare_outage(
        actor=officer.user, bureau=bureau, starts_at=start, ends_at=start + timedelta(hours=3), **known
    )
    services.agree_outage(actor=city.user, outage=outage)
    services.ask_period_kind_change(
        actor=member.user,
        taxpayer=member.taxpayer,
        to_kind="quarterly",
        starts_on=next(selectors.possible_starts(today)),
        reason="业务量小",
    )
    services.declare_inactivity(
        actor=member.user,
        taxpayer=member.taxpayer,
        starts_on=today,
        ends_on=today + timedelta(days=90),
        reason="冬季歇业",
    )
    return city, HallClient().enter_as(member)


@SIZES
def test_the_officers_pages(visitor: Visitor, scene: tuple[HallClient, HallClient], size: Any) -> None:
    visitor.page.set_viewport_size(size)
    sign_in(visitor.page, scene[0], visitor.base)
    visitor.go(reverse("admin:calendar"), "calendar")
    for title in ("提出系统停机公告", "提出征期截止日变动", "提出放假与调休变动"):
        visitor.page.get_by_text(title, exact=True).click()
    visitor.look("calendar-forms")
    visitor.page.get_by_role("button", name="提出停机公告").click()
    visitor.look("calendar-errors")
    visitor.go(reverse("admin:filers"), "filers")


@SIZES
def test_the_companys_pages(visitor: Visitor, scene: tuple[HallClient, HallClient], size: Any) -> None:
    visitor.page.set_viewport_size(size)
    sign_in(visitor.page, scene[1], visitor.base)
    visitor.go(reverse("filing:rest"), "rest")
    visitor.page.get_by_role("button", name="提前复业").click()
    visitor.look("rest-ended")
    visitor.go(reverse("filing:period-kind"), "period-kind")
    PeriodKindChange.objects.all().delete()
    visitor.go(reverse("filing:period-kind"), "period-kind-form")
    visitor.go(reverse("filing:calendar"), "filing-calendar")
    visitor.go(reverse("desk"), "desk-of-a-company")


def test_all_works_without_script(browser: Browser, live_server: object, scene: tuple[HallClient, HallClient]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, scene[0], str(live_server))
    page.goto(f"{live_server}{reverse('admin:calendar')}")
    page.get_by_role("button", name="确认生效").first.click()
    assert "已确认，日历已经改动" in page.content()
    context.close()
