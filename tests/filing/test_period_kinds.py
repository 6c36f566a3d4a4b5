"""Filing by month or by quarter from a date on: asked, decided by an officer, followed by everything that is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import Post
from accounts.models import AuditEvent, Notice, Taxpayer, User
from clearcard.selectors.board import month_filing
from filing import selectors, services
from filing.models import PeriodKindChange
from taxhall.common.errors import ConflictError, InvalidInputError, NotPermittedError
from taxhall.common.periods import TaxPeriod
from tests.console_pages.cases import words_of
from tests.factories.accounts import BureauFactory, MembershipFactory, OfficerFactory, TaxpayerFactory, UserFactory
from tests.factories.devices import DeviceFactory
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def officer(db: None) -> User:
    """Return a reviewer of the company's district."""
    return OfficerFactory()


@pytest.fixture
def ask(taxpayer: Taxpayer, clerk: User) -> Callable[..., PeriodKindChange]:
    """Return a function that applies to file by quarter from the new year on."""

    def applied(**changes: Any) -> PeriodKindChange:
        known = {"taxpayer": taxpayer, "to_kind": "quarterly", "starts_on": NEW_YEAR, "reason": "业务量小"}
        return services.ask_period_kind_change(actor=clerk, **(known | changes))

    return applied


def december_disk(taxpayer: Taxpayer) -> None:
    DeviceFactory(
        taxpayer=taxpayer,
        period_start=date(2026, 12, 1),
        period_end=date(2026, 12, 31),
        issue_allowed_until=date(2027, 1, 20),
    )


def due(taxpayer: Taxpayer, day: date) -> list[str]:
    return [each.period.code for each in selectors.due_returns(taxpayer=taxpayer, today=day)]


def test_what_is_due_follows_from_the_day_on(
    taxpayer: Taxpayer, officer: User, ask: Callable[..., PeriodKindChange]
) -> None:
    december_disk(taxpayer)
    change = ask()
    assert due(taxpayer, date(2027, 2, 5)) == ["2026-12", "2027-01"]
    services.agree_period_kind_change(actor=officer, change=change)
    assert due(taxpayer, date(2027, 1, 5)) == ["2026-12"]
    assert due(taxpayer, date(2027, 2, 5)) == ["2026-12"]
    assert due(taxpayer, date(2027, 4, 5)) == ["2026-12", "2027-Q1"]
    coming = selectors.coming_returns(taxpayer=taxpayer, today=date(2026, 12, 20))
    assert [each.code for each, _last in coming] == ["2026-12", "2027-Q1", "2027-Q2"]
    readiness = [month_filing(taxpayer, TaxPeriod.month(2027, month)).is_due for month in (1, 2, 3)]
    assert readiness == [False, False, True]
    assert month_filing(taxpayer, TaxPeriod.month(2026, 12)).is_due


def test_the_company_is_told_once_and_both_are_audited(
    taxpayer: Taxpayer, clerk: User, officer: User, ask: Callable[..., PeriodKindChange]
) -> None:
    change = ask()
    for _ in range(2):
        services.agree_period_kind_change(actor=officer, change=change)
    told = Notice.objects.get(recipient=taxpayer)
    assert "首个所属期 2027 年第 1 季度" in told.body
    assert "每月抄报、清卡" in told.body
    found = AuditEvent.objects.filter(action__startswith="filing.period_kind").order_by("pk")
    assert [(each.action, each.actor) for each in found] == [
        ("filing.period_kind_asked", clerk),
        ("filing.period_kind_agreed", officer),
    ]


def test_the_register_follows_on_the_day(
    taxpayer: Taxpayer,
    officer: User,
    ask: Callable[..., PeriodKindChange],
    freeze: Callable[[str], datetime],
) -> None:
    december_disk(taxpayer)
    services.agree_period_kind_change(actor=officer, change=ask())
    assert services.apply_period_kinds() == 0
    freeze("2027-01-01 00:05")
    assert [services.apply_period_kinds() for _ in range(2)] == [1, 0]
    taxpayer.refresh_from_db()
    assert taxpayer.period_kind == "quarterly"
    assert due(taxpayer, date(2027, 1, 5)) == ["2026-12"]


def test_back_to_months_from_a_quarter_on(officer: User) -> None:
    quarterly = TaxpayerFactory(quarterly=True)
    december_disk(quarterly)
    actor = MembershipFactory(taxpayer=quarterly, finance=True).user
    change = services.ask_period_kind_change(
        actor=actor, taxpayer=quarterly, to_kind="monthly", starts_on=NEW_YEAR, reason="客户要求"
    )
    services.agree_period_kind_change(actor=officer, change=change)
    assert due(quarterly, date(2027, 2, 5)) == ["2026-Q4", "2027-01"]


def test_refusing_changes_nothing(taxpayer: Taxpayer, officer: User, ask: Callable[..., PeriodKindChange]) -> None:
    change = ask()
    for _ in range(2):
        services.refuse_period_kind_change(actor=officer, change=change)
    assert selectors.period_kinds(taxpayer).on(NEW_YEAR) == "monthly"
    assert "申报周期没有变化" in Notice.objects.get().body
    with pytest.raises(ConflictError):
        services.agree_period_kind_change(actor=officer, change=change)


def test_asking_twice_asks_once(ask: Callable[..., PeriodKindChange]) -> None:
    assert ask() == ask()
    with pytest.raises(ConflictError):
        ask(starts_on=date(2027, 4, 1))


@pytest.mark.parametrize("starts_on", [date(2026, 10, 1), date(2027, 2, 1), date(2027, 1, 2)])
def test_a_change_begins_with_a_quarter_to_come(ask: Callable[..., PeriodKindChange], starts_on: date) -> None:
    with pytest.raises(InvalidInputError):
        ask(starts_on=starts_on)
    assert not PeriodKindChange.objects.exists()


def test_the_database_knows_no_change_inside_a_quarter(ask: Callable[..., PeriodKindChange]) -> None:
    ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        PeriodKindChange.objects.update(starts_on=date(2027, 2, 1))


def test_what_was_chosen_holds_for_the_year(officer: User, ask: Callable[..., PeriodKindChange]) -> None:
    services.agree_period_kind_change(actor=officer, change=ask())
    with pytest.raises(ConflictError) as caught:
        ask(to_kind="monthly", starts_on=date(2027, 7, 1))
    assert caught.value.code == "filing.period_kind_settled"
    assert ask(to_kind="monthly", starts_on=date(2028, 1, 1)).is_asked


def test_a_general_taxpayer_files_by_month(general: Taxpayer, accountant: User) -> None:
    with pytest.raises(ConflictError) as caught:
        services.ask_period_kind_change(
            actor=accountant, taxpayer=general, to_kind="quarterly", starts_on=NEW_YEAR, reason="测试"
        )
    assert caught.value.code == "filing.quarterly_not_possible"


def test_once_a_month_of_it_has_ended_it_is_too_late(
    officer: User, ask: Callable[..., PeriodKindChange], freeze: Callable[[str], datetime]
) -> None:
    change = ask()
    freeze("2027-02-01 09:00")
    with pytest.raises(ConflictError) as caught:
        services.agree_period_kind_change(actor=officer, change=change)
    assert caught.value.code == "filing.change_stale"


def test_who_may_not_has_no_say(taxpayer: Taxpayer, clerk: User, ask: Callable[..., PeriodKindChange]) -> None:
    change = ask()
    own = OfficerFactory()
    MembershipFactory(user=UserFactory(person=own.person), taxpayer=taxpayer)
    twin = OfficerFactory(person=clerk.person)
    others = [
        own,
        twin,
        clerk,
        OfficerFactory(post=Post.AUDITOR),
        OfficerFactory(bureau=BureauFactory(xincheng=True)),
    ]
    for actor in others:
        with pytest.raises(NotPermittedError):
            services.agree_period_kind_change(actor=actor, change=change)
    for actor in (MembershipFactory(taxpayer=taxpayer, issuer=True).user, MembershipFactory().user):
        with pytest.raises(NotPermittedError):
            services.ask_period_kind_change(
                actor=actor, taxpayer=taxpayer, to_kind="quarterly", starts_on=NEW_YEAR, reason="测试"
            )


def test_an_officers_own_wish_needs_another(taxpayer: Taxpayer, officer: User) -> None:
    change = services.ask_period_kind_change(
        actor=officer, taxpayer=taxpayer, to_kind="quarterly", starts_on=NEW_YEAR, reason="核定"
    )
    with pytest.raises(NotPermittedError):
        services.agree_period_kind_change(actor=officer, change=change)
    assert not services.agree_period_kind_change(actor=OfficerFactory(), change=change).is_asked


def test_the_pages_lead_from_the_application_to_the_decision(taxpayer: Taxpayer, officer: User) -> None:
    company = HallClient().enter_as(MembershipFactory(taxpayer=taxpayer, finance=True))
    page, queue = reverse("filing:period-kind"), reverse("admin:filers")
    assert "请填写事由" in words_of(company.post(page, {"to_kind": "quarterly", "starts_on": "2027-01-01"}))
    asked = {"to_kind": "quarterly", "starts_on": "2027-01-01", "reason": "业务量小"}
    assert "等待税务机关处理" in words_of(company.post(page, asked, follow=True))
    desk = HallClient().enter_as_officer(officer)
    assert taxpayer.number in words_of(desk.get(queue))
    change = PeriodKindChange.objects.get()
    stranger = HallClient().enter_as_officer(OfficerFactory(bureau=BureauFactory(xincheng=True)))
    assert taxpayer.number not in words_of(stranger.get(queue))
    url = reverse("admin:period-kind-agree", args=[change.pk])
    assert stranger.post(url).status_code == 404
    assert company.post(url).status_code == 302
    assert PeriodKindChange.objects.get().is_asked
    assert desk.post(url).status_code == 302
    assert "已生效" in words_of(company.get(page))


def test_an_officer_asks_on_the_page(taxpayer: Taxpayer, officer: User) -> None:
    desk = HallClient().enter_as_officer(officer)
    asked = {"number": taxpayer.number, "to_kind": "quarterly", "starts_on": "2027-01-01", "reason": "核定"}
    missing = desk.post(reverse("admin:filers"), asked | {"number": "91610113MA6TEKT0X0"})
    assert missing.status_code == 422
    assert "没有找到这个纳税人" in words_of(missing)
    page = words_of(desk.post(reverse("admin:filers"), asked, follow=True))
    assert "须由主管税务机关的另一名审核岗或审批岗处理" in page


def test_the_calendar_of_a_quarterly_filer_names_no_month_between(freeze: Callable[[str], datetime]) -> None:
    quarterly = HallClient().enter_as(MembershipFactory(taxpayer=TaxpayerFactory(quarterly=True), finance=True))
    page = words_of(quarterly.get(reverse("filing:calendar")))
    assert "本月没有应申报的所属期" in page
    assert "2026 年第 4 季度" in page
