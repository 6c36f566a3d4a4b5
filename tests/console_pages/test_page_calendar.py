"""The calendar is changed by two persons: one officer asks with source and reason, a head of the city agrees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.choices import ChangeState, Post
from accounts.models import AuditEvent, Notice
from filing import selectors, services
from filing.models import CalendarChange, Holiday, TaxDeadline
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, enter
from tests.factories.accounts import BureauFactory, TaxpayerFactory
from tests.harness.clients import HallClient

PAGE = reverse("admin:calendar")
SEASON, DAY = (reverse("admin:calendar-ask", args=[each]) for each in ("season", "day"))
NOTICE = "陕税公告2026年第9号"


@pytest.fixture
def city(db: None, november: datetime) -> HallClient:
    """Return the head of post of the city's bureau."""
    return enter(post=Post.HEAD, bureau=BureauFactory(city=True))


def season(**changes: str) -> dict[str, str]:
    """Return what is filled in to move the season of November."""
    known = {"month": "2026-11", "deadline": "2026-11-20", "source": NOTICE, "reason": "暴雪停工"} | changes
    return {f"season-{name}": text for name, text in known.items()}


def day(**changes: str) -> dict[str, str]:
    """Return what is filled in to give a day off."""
    known = {"day": "2026-11-16", "kind": "off", "source": NOTICE, "reason": "省庆放假"} | changes
    return {f"day-{name}": text for name, text in known.items()}


def decide(client: HallClient, word: str = "agree") -> Any:
    """Send the second person's word on the newest change."""
    return client.post(reverse(f"admin:calendar-change-{word}", args=[CalendarChange.objects.latest("pk").pk]))


def november() -> date:
    """Return the last day of November's season."""
    return selectors.season_deadline(2026, 11).date


def test_a_season_moves_when_a_head_of_the_city_agrees(officer: HallClient, city: HallClient) -> None:
    company = TaxpayerFactory()
    answer = words_of(officer.post(SEASON, season(), follow=True))
    assert "市局的另一名岗位负责人确认后生效" in answer
    assert "由 2026-11-16（周一） 改为 2026-11-20（周五）" in answer
    assert november() == date(2026, 11, 16)
    assert "日历变动待您确认" in words_of(city.get(reverse("admin:index")))
    for _ in range(2):
        assert decide(city).status_code == 302
    assert (november(), selectors.season_deadline(2026, 11).source) == (date(2026, 11, 20), NOTICE)
    told = Notice.objects.get(recipient=company)
    assert "原为 2026-11-16，现为 2026-11-20" in told.body
    assert "设备上的锁死日期不会跟着变" in told.body
    found = AuditEvent.objects.filter(action__startswith="filing.calendar").order_by("pk")
    assert [(each.action, each.actor) for each in found] == [
        ("filing.calendar_change_asked", officer.user),
        ("filing.calendar_change_agreed", city.user),
    ]
    assert found[1].data["before"]["deadline"] == "2026-11-16"
    history = words_of(officer.get(PAGE))
    assert "2026-11-16 → 2026-11-20 · 已生效" in history
    assert NOTICE in history


def test_a_row_that_is_taken_away_leaves_the_computation(officer: HallClient, city: HallClient) -> None:
    officer.post(SEASON, season(month="2026-05", deadline=""))
    decide(city)
    found = selectors.season_deadline(2026, 5)
    assert (found.date, found.is_estimated) == (date(2026, 5, 22), True)
    assert not Notice.objects.exists()
    services.load_reference_rows()
    assert not TaxDeadline.objects.filter(year=2026, month=5).exists()


def test_a_day_off_moves_a_computed_season_only(officer: HallClient, city: HallClient) -> None:
    TaxDeadline.objects.filter(year=2026, month=11).delete()
    officer.post(DAY, day())
    assert november() == date(2026, 11, 16)
    decide(city)
    assert Holiday.objects.get(day=date(2026, 11, 16)).source == NOTICE
    assert november() == date(2026, 11, 17)
    assert "当月征期截止日仍是 2026-12-15（周二）" in words_of(
        officer.post(DAY, day(day="2026-12-15", reason="测试"), follow=True)
    )
    decide(city, "refuse")
    assert not Holiday.objects.filter(day=date(2026, 12, 15)).exists()
    officer.post(DAY, day(kind=""))
    decide(city)
    assert november() == date(2026, 11, 16)


def test_asking_twice_asks_once_and_another_wish_has_to_wait(officer: HallClient, city: HallClient) -> None:
    for _ in range(2):
        assert officer.post(SEASON, season()).status_code == 302
    answer = city.post(SEASON, season(deadline="2026-11-23"))
    assert answer.status_code == 409
    assert "已有一项变动待第二人确认" in words_of(answer)
    assert CalendarChange.objects.count() == 1


def test_refusing_leaves_everything_as_it_was(officer: HallClient, city: HallClient) -> None:
    officer.post(SEASON, season())
    for _ in range(2):
        assert decide(city, "refuse").status_code == 302
    answer = decide(city)
    assert answer.status_code == 409
    assert "未同意" in words_of(answer)
    assert november() == date(2026, 11, 16)


def test_the_asker_cannot_agree_by_any_account(city: HallClient) -> None:
    city.post(SEASON, season())
    twin = enter(post=Post.HEAD, bureau=BureauFactory(city=True), person=city.user.person)
    for client in (city, twin):
        answer = decide(client)
        assert answer.status_code == 403
        assert "须由另一人确认" in words_of(answer)
    change = CalendarChange.objects.get()
    for words in ({"decided_by": city.user}, {"decided_by": twin.user, "decided_person": twin.user.person}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CalendarChange.objects.filter(pk=change.pk).update(
                state=ChangeState.AGREED, decided_at=change.asked_at, **words
            )
    assert november() == date(2026, 11, 16)


def test_a_head_of_a_district_moves_nothing(officer: HallClient, november: datetime) -> None:
    officer.post(SEASON, season())
    district = enter(post=Post.HEAD)
    assert "须由市局的另一名岗位负责人确认" in words_of(district.get(PAGE))
    assert decide(district).status_code == 403
    assert CalendarChange.objects.get().is_asked


def test_a_row_that_changed_meanwhile_is_not_overwritten(officer: HallClient, city: HallClient) -> None:
    officer.post(SEASON, season())
    TaxDeadline.objects.filter(year=2026, month=11).update(deadline=date(2026, 11, 18))
    answer = decide(city)
    assert answer.status_code == 409
    assert "这一行又有改动，没有生效" in words_of(answer)
    assert november() == date(2026, 11, 18)
    assert CalendarChange.objects.get().is_asked


@pytest.mark.parametrize(
    ("url", "data", "words"),
    [
        (SEASON, season(deadline="2026-12-01"), "请填写该月内的日期"),
        (SEASON, season(source=" "), "请填写依据"),
        (SEASON, season(month="x"), "请填写所属期，例如 2026-10"),
        (SEASON, season(month="2027-03", deadline=""), "日历上已经是这样"),
        (DAY, day(reason=""), "请填写事由"),
        (DAY, day(day="2026-13-01"), "请填写日期，例如 2026-11-16"),
        (DAY, day(kind=""), "日历上已经是这样"),
    ],
)
def test_what_cannot_be_is_told(officer: HallClient, url: str, data: dict[str, str], words: str) -> None:
    answer = officer.post(url, data)
    assert answer.status_code in (409, 422)
    assert words in words_of(answer)
    assert not CalendarChange.objects.exists()


def test_a_change_is_kept_for_good(officer: HallClient, city: HallClient) -> None:
    officer.post(SEASON, season())
    decide(city)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarChange.objects.update(state=ChangeState.ASKED)


def test_others_are_sent_to_the_sign_in(db: None, november: datetime) -> None:
    assert_closed(PAGE)
    assert_closed(SEASON, season())
    assert enter(post=None).get(PAGE).status_code == 403
    assert enter().post(reverse("admin:calendar-change-agree", args=[9])).status_code == 404
