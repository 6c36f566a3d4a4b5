"""The calendar feed (iCalendar, RFC 5545), and the buttons that make its address and take it away."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from icalendar import Calendar, Event

from accounts.models import User
from filing import selectors, services
from filing.selectors import FeedDay
from filing.views.calendar import show_calendar
from taxhall.common import clock
from taxhall.common.errors import NotFoundError

_REREAD_AFTER = timedelta(hours=12)


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Answer a calendar program; the secret is in the query, which the hall's logs leave out."""
    owner = selectors.find_feed_owner(request.GET.get("key", ""))
    if owner is None:
        raise NotFoundError(_("这个订阅地址不存在或已失效。"), next_step=_("请登录后在办税日历重新生成地址。"))
    days = selectors.feed_days(user=owner, today=clock.today())
    answer = HttpResponse(_calendar(days, request.get_host()), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def feed_open(request: HttpRequest) -> HttpResponse:
    """Make the address, or make it anew, and show it in this answer alone: the hall keeps its digest."""
    if request.method != "POST":
        # Whoever comes back to this page, for larger text say, finds the calendar.
        return redirect(f"{reverse('filing:calendar')}#feed")
    return show_calendar(request, secret=services.open_feed(actor=_actor(request)))


@require_POST
@login_required
def feed_close(request: HttpRequest) -> HttpResponseRedirect:
    """Take the address away."""
    services.close_feed(actor=_actor(request))
    return redirect(f"{reverse('filing:calendar')}#feed")


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]  # signed in


def _calendar(days: list[FeedDay], host: str) -> bytes:
    calendar, now = Calendar(), clock.now()
    calendar.add("prodid", "-//taxhall//calendar//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("办税日历"))
    calendar.add("refresh-interval", _REREAD_AFTER, parameters={"value": "DURATION"})
    for each in days:
        event = Event()
        event.add("uid", f"{each.key}@{host}")
        event.add("dtstamp", now)
        event.add("dtstart", each.day)
        event.add("summary", each.title)
        event.add("description", each.text)
        # A date to keep in mind takes up nobody's time.
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
