"""The private calendar address: what it tells, to whom, and that it can be made anew and taken away."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from django.test import Client
from icalendar import Calendar

from accounts.models import AuditEvent, Membership, Taxpayer
from filing import services
from filing.models import CalendarFeed, TaxDeadline
from taxhall.common.errors import NotPermittedError
from tests.factories.accounts import MembershipFactory, OfficerFactory, TaxpayerFactory
from tests.factories.devices import DeviceFactory
from tests.harness.clients import HallClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def member(taxpayer: Taxpayer) -> Membership:
    """Return the company's 办税员."""
    return MembershipFactory(taxpayer=taxpayer, role="tax_clerk")


def read(secret: str) -> Calendar:
    answer = Client().get("/filing/calendar/feed.ics", {"key": secret})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(answer.content)


def days(calendar: Calendar) -> dict[str, date]:
    return {str(event["summary"]): event.decoded("dtstart") for event in calendar.walk("VEVENT")}


def test_deadlines_and_lock_dates_of_the_own_companies_are_told(member: Membership) -> None:
    device = DeviceFactory(taxpayer=member.taxpayer)
    quarterly = TaxpayerFactory(name="西安按季申报店", period_kind="quarterly")
    MembershipFactory(user=member.user, taxpayer=quarterly, role="tax_clerk")
    found = days(read(services.open_feed(actor=member.user)))
    name = member.taxpayer.name
    assert found[f"申报增值税（所属期 2026 年 10 月）：{name}"] == date(2026, 11, 16)
    assert found[f"设备锁死日 {device}：{name}"] == device.issue_allowed_until
    assert [day for title, day in found.items() if title.endswith("：西安按季申报店")] == [date(2026, 10, 26)]
    assert f"申报增值税（所属期 2027 年 4 月）：{name}（推算）" in found


def test_nothing_of_others_and_of_companies_left_behind_is_told(member: Membership) -> None:
    DeviceFactory(taxpayer=TaxpayerFactory(name="西安别人公司"))
    secret = services.open_feed(actor=member.user)
    assert not [title for title in days(read(secret)) if "别人" in title]
    member.is_active = False
    member.save()
    assert days(read(secret)) == {}


def test_what_was_before_the_registration_is_left_out(member: Membership) -> None:
    Taxpayer.objects.filter(pk=member.taxpayer_id).update(registered_on=date(2026, 11, 2))
    found = days(read(services.open_feed(actor=member.user)))
    assert min(found.values()) == date(2026, 12, 15)


def test_the_text_is_as_the_standard_asks(member: Membership) -> None:
    Taxpayer.objects.filter(pk=member.taxpayer_id).update(name="西安，长名；公司, 有限; 责任\\公司" * 3)
    secret = services.open_feed(actor=member.user)
    raw = Client().get("/filing/calendar/feed.ics", {"key": secret}).content
    assert raw.startswith(b"BEGIN:VCALENDAR\r\n")
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert max(len(each) for each in raw.split(b"\r\n")) <= 75
    assert b"\n" not in raw.replace(b"\r\n", b"")
    whole = Calendar.from_ical(raw)
    assert (str(whole["version"]), str(whole["prodid"])) == ("2.0", "-//taxhall//calendar//ZH")
    events = whole.walk("VEVENT")
    assert len({str(event["uid"]) for event in events}) == len(events) > 0
    assert all(event["dtstart"].params["VALUE"] == "DATE" for event in events)
    assert all(event.decoded("dtstamp").utcoffset().total_seconds() == 0 for event in events)
    assert any("公司, 有限; 责任\\公司" in str(event["summary"]) for event in events)


def test_a_moved_deadline_keeps_its_event(member: Membership) -> None:
    secret = services.open_feed(actor=member.user)

    def november() -> tuple[str, date]:
        event = next(each for each in read(secret).walk("VEVENT") if "2026 年 10 月" in each["summary"])
        return str(event["uid"]), event.decoded("dtstart")

    uid, day = november()
    TaxDeadline.objects.filter(year=2026, month=11).update(deadline=date(2026, 11, 20), source="延期通知")
    assert november() == (uid, date(2026, 11, 20))
    assert day == date(2026, 11, 16)


def test_a_new_address_ends_the_old_one_and_both_are_audited(member: Membership) -> None:
    first = services.open_feed(actor=member.user)
    second = services.open_feed(actor=member.user)
    assert Client().get("/filing/calendar/feed.ics", {"key": first}).status_code == 404
    assert days(read(second))
    services.close_feed(actor=member.user)
    services.close_feed(actor=member.user)
    assert Client().get("/filing/calendar/feed.ics", {"key": second}).status_code == 404
    events = AuditEvent.objects.filter(action__startswith="filing.feed").order_by("pk")
    assert [each.action for each in events] == ["filing.feed_opened", "filing.feed_renewed", "filing.feed_closed"]
    assert second not in str([each.data for each in events])


def test_the_secret_itself_is_not_kept(member: Membership) -> None:
    secret = services.open_feed(actor=member.user)
    assert CalendarFeed.objects.get().digest != secret
    assert Client().get("/filing/calendar/feed.ics", {"key": CalendarFeed.objects.get().digest}).status_code == 404


@pytest.mark.parametrize("query", [{}, {"key": ""}, {"key": "x" * 10_000}, {"key": "%00"}])
def test_another_address_opens_nothing(query: dict[str, str]) -> None:
    assert Client().get("/filing/calendar/feed.ics", query).status_code == 404


def test_a_disabled_account_and_an_officer_have_no_feed(member: Membership) -> None:
    secret = services.open_feed(actor=member.user)
    member.user.is_active = False
    member.user.save()
    assert Client().get("/filing/calendar/feed.ics", {"key": secret}).status_code == 404
    with pytest.raises(NotPermittedError):
        services.open_feed(actor=OfficerFactory())


def test_the_page_shows_the_address_once(member: Membership) -> None:
    client = HallClient().enter_as(member)
    assert client.get("/filing/calendar/feed/open/")["Location"] == "/filing/calendar/#feed"
    assert not CalendarFeed.objects.exists()
    answer = client.post("/filing/calendar/feed/open/")
    assert answer["Cache-Control"] == "private, no-store"
    page = answer.content.decode()
    assert 'href="/filing/calendar/?month=' in page
    address = re.search(r'value="http://testserver(/filing/calendar/feed\.ics\?key=[\w-]{43})"', page)
    assert address is not None
    assert Client().get(address[1]).status_code == 200
    secret = address[1].partition("=")[2]
    assert secret not in str(dict(client.session.items())), "whoever reads the sessions reads no address"
    again = client.get("/filing/calendar/").content.decode()
    assert "key=" not in again
    assert "重新生成地址" in again
    assert "停止订阅" not in client.post("/filing/calendar/feed/close/", follow=True).content.decode()
    assert not CalendarFeed.objects.exists()


def test_who_is_not_signed_in_sees_no_feed(today: datetime) -> None:
    del today
    assert "订阅" not in Client().get("/filing/calendar/").content.decode()
