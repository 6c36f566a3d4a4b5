"""An outage is declared by two persons: deadlines move, what a disk holds does not, and the pages tell both."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.choices import ChangeState, Post
from accounts.models import AuditEvent, Bureau, Notice, Taxpayer
from filing import selectors, services
from filing.choices import ReturnStatus
from filing.models import Outage
from taxhall.common.periods import TaxPeriod
from tests.console_pages.cases import words_of
from tests.console_pages.people import assert_closed, enter
from tests.factories.accounts import BureauFactory, MembershipFactory, TaxpayerFactory
from tests.factories.devices import DeviceFactory
from tests.factories.filing import TaxReturnFactory
from tests.harness.clients import HallClient

PAGE, ASK = reverse("admin:calendar"), reverse("admin:outage-ask")
OCTOBER = TaxPeriod.month(2026, 10)
NOTICE = "雁税公告2026年第3号"


@pytest.fixture
def head(db: None, november: datetime) -> HallClient:
    """Return the head of post of 雁塔区."""
    return enter(post=Post.HEAD)


@pytest.fixture
def company(db: None) -> Taxpayer:
    """Return a company of 雁塔区 whose disk locks on the sixteenth."""
    company = TaxpayerFactory()
    DeviceFactory(
        taxpayer=company,
        period_start=OCTOBER.start,
        period_end=OCTOBER.end,
        issue_allowed_until=date(2026, 11, 16),
    )
    return company


def told(**changes: Any) -> dict[str, Any]:
    """Return what is filled in."""
    known = {
        "bureau": Bureau.objects.get(code="16101130000").pk,
        "starts_at": "2026-11-16T09:00",
        "ends_at": "2026-11-17T18:00",
        "source": NOTICE,
        "reason": "机房断电",
    }
    return {f"outage-{name}": value for name, value in (known | changes).items()}


def decide(client: HallClient, word: str = "agree") -> Any:
    """Send the second person's word on the newest outage."""
    return client.post(reverse(f"admin:outage-{word}", args=[Outage.objects.latest("pk").pk]))


def last_day(company: Taxpayer) -> date:
    """Return the last day for the company to file October."""
    return selectors.deadline_for(OCTOBER, bureau=company.bureau).date


def test_a_deadline_moves_when_a_head_agrees(officer: HallClient, head: HallClient, company: Taxpayer) -> None:
    neighbour = TaxpayerFactory(in_xincheng=True)
    page = words_of(officer.post(ASK, told(), follow=True))
    assert "2026 年 11 月征期截止日由 2026-11-16（周一） 顺延到 2026-11-18（周三）" in page
    assert last_day(company) == date(2026, 11, 16)
    assert "停机公告待您确认" in words_of(head.get(reverse("admin:index")))
    for _ in range(2):
        assert decide(head).status_code == 302
    found = selectors.deadline_for(OCTOBER, bureau=company.bureau)
    assert (found.date, found.moved_from) == (date(2026, 11, 18), date(2026, 11, 16))
    assert found.source.endswith(f"因系统停机顺延：{NOTICE}")
    assert last_day(neighbour) == date(2026, 11, 16)
    assert [each.recipient for each in Notice.objects.all()] == [company]
    assert "申报期限由 2026-11-16 顺延到 2026-11-18" in Notice.objects.get().body
    acts = AuditEvent.objects.filter(action__startswith="filing.outage").order_by("pk")
    assert [(each.action, each.actor) for each in acts] == [
        ("filing.outage_asked", officer.user),
        ("filing.outage_agreed", head.user),
    ]


def test_the_desk_tells_the_moved_deadline_and_the_lock_date_that_the_disk_holds(
    officer: HallClient, head: HallClient, company: Taxpayer
) -> None:
    officer.post(ASK, told())
    decide(head)
    member = MembershipFactory(taxpayer=company, finance=True)
    desk = words_of(HallClient().enter_as(member).get(reverse("desk")))
    assert "申报期限因系统停机顺延到 2026-11-18（周三）" in desk
    assert "设备里写的锁死日期仍是 2026-11-16（周一）" in desk
    assert "停机顺延，原为 2026-11-16（周一）" in desk
    device = company.devices.get()
    assert device.issue_allowed_until == date(2026, 11, 16)
    detail = words_of(HallClient().enter_as(member).get(reverse("devices:device-detail", args=[device.serial])))
    assert "设备里写的锁死日期仍是 2026-11-16（周一）" in detail
    calendar = words_of(HallClient().enter_as(member).get(reverse("filing:calendar")))
    assert "系统停机 2026-11-16 09:00 至 2026-11-17 18:00" in calendar
    secret = services.open_feed(actor=member.user)
    feed = Client().get(reverse("filing:feed"), {"key": secret}).content.decode().replace("\r\n ", "")
    assert "DTSTART;VALUE=DATE:20261118" in feed
    assert "SUMMARY:系统停机 11-16 09:00 至 11-17 18:00" in feed


def test_the_next_lock_date_is_that_of_the_moved_season(
    officer: HallClient, head: HallClient, company: Taxpayer
) -> None:
    officer.post(ASK, told(starts_at="2026-12-15T00:00", ends_at="2026-12-16T00:00"))
    decide(head)
    window = OCTOBER.next()
    assert selectors.deadline_for(window, bureau=company.bureau).date == date(2026, 12, 16)


def test_returns_filed_by_the_moved_day_are_in_time(
    head: HallClient, officer: HallClient, company: Taxpayer, later: Any
) -> None:
    later("2026-11-18 10:00", officer, head)
    late, later_still = (
        TaxReturnFactory(
            taxpayer=each,
            status=ReturnStatus.SUBMITTED,
            submitted_at=datetime.fromisoformat(f"2026-11-{day}T10:00+08:00"),
            submitted_by=officer.user,
            receipt_number=f"SB{day}",
            due_on=date(2026, 11, 16),
            is_late=True,
        )
        for each, day in ((company, 18), (TaxpayerFactory(), 19))
    )
    officer.post(ASK, told())
    decide(head)
    for each in (late, later_still):
        each.refresh_from_db()
    assert (late.is_late, late.due_on) == (False, date(2026, 11, 18))
    assert (later_still.is_late, later_still.due_on) == (True, date(2026, 11, 18))
    assert AuditEvent.objects.get(action="filing.outage_agreed").data["returns"] == [late.pk]


def test_a_longer_outage_is_declared_beside_it(officer: HallClient, head: HallClient, company: Taxpayer) -> None:
    officer.post(ASK, told())
    decide(head)
    officer.post(ASK, told(starts_at="2026-11-17T18:00", ends_at="2026-11-19T12:00", source="第4号"))
    decide(head)
    found = selectors.deadline_for(OCTOBER, bureau=company.bureau)
    assert found.date == date(2026, 11, 20)
    assert f"{NOTICE}、第4号" in found.source


def test_refusing_moves_nothing_and_the_same_may_be_asked_anew(
    officer: HallClient, head: HallClient, company: Taxpayer
) -> None:
    officer.post(ASK, told())
    for _ in range(2):
        assert decide(head, "refuse").status_code == 302
    assert decide(head).status_code == 409
    assert last_day(company) == date(2026, 11, 16)
    assert not Notice.objects.exists()
    for _ in range(2):
        assert officer.post(ASK, told()).status_code == 302
    assert Outage.objects.count() == 2


def test_the_asker_cannot_agree_by_any_account(head: HallClient, company: Taxpayer) -> None:
    head.post(ASK, told())
    twin = enter(post=Post.HEAD, person=head.user.person)
    for client in (head, twin):
        assert decide(client).status_code == 403
    outage = Outage.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Outage.objects.update(state=ChangeState.AGREED, decided_by=head.user, decided_at=outage.asked_at)
    assert last_day(company) == date(2026, 11, 16)


def test_other_posts_and_other_districts_have_no_say(officer: HallClient, head: HallClient, company: Taxpayer) -> None:
    officer.post(ASK, told())
    assert decide(enter()).status_code == 403
    stranger = enter(post=Post.HEAD, bureau=BureauFactory(xincheng=True))
    assert NOTICE not in words_of(stranger.get(PAGE))
    assert decide(stranger).status_code == 404
    assert stranger.post(ASK, told()).status_code == 422
    city = enter(post=Post.HEAD, bureau=BureauFactory(city=True))
    assert decide(city).status_code == 302
    assert last_day(company) == date(2026, 11, 18)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_at": "2026-11-16T09:00"}, "须晚于开始时间"),
        ({"ends_at": "2026-12-31T09:00"}, "不超过 31 天"),
        ({"starts_at": "bad"}, "请填写日期和时间"),
        ({"source": ""}, "请填写依据"),
        ({"reason": " "}, "请填写事由"),
    ],
)
def test_what_cannot_be_is_told(officer: HallClient, company: Taxpayer, changes: dict[str, str], words: str) -> None:
    answer = officer.post(ASK, told(**changes))
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert not Outage.objects.exists()


def test_others_are_sent_to_the_sign_in(company: Taxpayer, november: datetime) -> None:
    assert_closed(ASK, told())
